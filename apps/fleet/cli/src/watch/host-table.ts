/** The live table of `watch` is drawn here, as lines that fit a terminal of a given size. */

import type { Millis } from "@neverstale/base";
import type { SyncStatus } from "@neverstale/client";
import { type Fleet, type Host, labelOf, seenAlerts, seenEvents } from "@neverstale/fleet-domain";
import { oneLine } from "../terminal/plain-text.ts";
import { cut, padded } from "./cells.ts";
import { statusLine } from "./status-line.ts";

/** Each line has one of these meanings, and a terminal shows it by colour where it has colours. */
export type LineTone = "plain" | "bold" | "dim" | "good" | "bad" | "warn";

export interface TableLine {
  readonly tone: LineTone;
  readonly text: string;
}

export interface TableSight {
  readonly state: Pick<Fleet, "hosts" | "metrics" | "commands" | "alerts" | "events"> & Partial<Pick<Fleet, "shares">>;
  readonly status: SyncStatus;
  /** The state was the server's own so long ago. Null means never. */
  readonly ageMs: Millis | null;
  /** It is the server's time, in ms since 1970. */
  readonly nowMs: number;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Hosts that need somebody come first. Whatever does not fit is counted in the last line. */
export function tableLines(sight: TableSight, { columns, rows }: TerminalSize): TableLine[] {
  const { state, status } = sight;
  const head: TableLine[] = [statusOf(sight), { tone: "plain", text: summaryOf(state) }, ...alertLines(sight)];
  const room = Math.max(1, rows - head.length - 2 - EVENTS);
  const hosts = [...state.hosts.values()].sort(byTrouble(state));
  const shown = hosts.length > room ? hosts.slice(0, Math.max(0, room - 1)) : hosts;
  const cells = [HEAD, ...shown.map((host) => cellsOf(sight, host))];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => padded(row[column] ?? "", 0).width)));
  const body = cells.map((row, index): TableLine => {
    const text = row.map((cell, column) => padded(cell, widths[column] ?? 0).text).join("  ");
    const host = shown[index - 1];
    return { tone: host === undefined ? "bold" : toneOf(host), text };
  });
  const rest = hosts.length - shown.length;
  const lines = [...head, ...body];
  if (rest > 0) lines.push({ tone: "dim", text: `and ${counted(rest, "more host")}` });
  const events = seenEvents(state).slice(-Math.max(0, Math.min(EVENTS, rows - lines.length - 1)));
  lines.push({ tone: "plain", text: "" }, ...events.map(({ at, message }) => event(at, message)));
  const isLive = status.type === "live";
  return lines
    .slice(0, rows)
    .map(({ tone, text }, index) => ({ tone: isLive || index === 0 ? tone : "dim", text: cut(text, columns) }));
}

const EVENTS = 5;
const HEAD = ["HOST", "STATUS", "CPU", "RAM", "DISK", "LOAD", "HEARD", "RUNS"] as const;

/** The first line is never dim: it says why all others are. */
function statusOf({ status, ageMs }: TableSight): TableLine {
  const words = statusLine(status);
  if (status.type === "live") return { tone: "good", text: `● ${words}` };
  const age = ageMs === null ? "" : ` · these values are ${ageText(ageMs)} old`;
  return { tone: "warn", text: `○ ${words}${age}` };
}

function summaryOf(state: TableSight["state"]): string {
  const { hosts, commands } = state;
  const all = [...hosts.values()];
  const offline = all.filter(({ online }) => !online).length;
  const running = [...commands.values()].filter(({ status }) => status === "running").length;
  const firing = seenAlerts(state).filter(({ status }) => status !== "resolved").length;
  return [
    counted(all.length, "host"),
    `${all.length - offline} online`,
    `${offline} offline`,
    counted(running, "command runs", "commands run"),
    counted(firing, "alert"),
  ].join(" · ");
}

function alertLines({ state }: TableSight): TableLine[] {
  return seenAlerts(state)
    .filter(({ status }) => status === "firing")
    .slice(-EVENTS)
    .map(({ title, message }) => ({ tone: "bad", text: oneLine(`! ${title}: ${message}`) }));
}

function byTrouble({ metrics }: TableSight["state"]): (one: Host, other: Host) => number {
  const rank = (host: Host) => (host.online ? (isWell(host) ? (host.runningCommand === undefined ? 3 : 2) : 1) : 0);
  return (one, other) =>
    rank(one) - rank(other) ||
    (metrics.has(other.id) ? 1 : 0) - (metrics.has(one.id) ? 1 : 0) ||
    NAMES.compare(labelOf(one), labelOf(other));
}

/** It is made once: `localeCompare` makes one for each pair, which takes more than a second for 10,000 hosts. */
const NAMES = new Intl.Collator("en", { numeric: true });

function isWell({ checks }: Host): boolean {
  return Object.values(checks).every(({ status }) => status === "ok");
}

function toneOf(host: Host): LineTone {
  if (!host.online) return "bad";
  return isWell(host) ? "plain" : "warn";
}

function cellsOf({ state, nowMs }: TableSight, host: Host): string[] {
  const metrics = state.metrics.get(host.id);
  const command = host.runningCommand === undefined ? undefined : state.commands.get(host.runningCommand);
  const status = host.online ? (isWell(host) ? "online" : "check") : "offline";
  const heard = metrics === undefined ? "" : ageText(Math.max(0, nowMs - Date.parse(metrics.lastSeenAt)));
  const { cpu, ram, disk, load1 } = metrics ?? {};
  const figures = [percent(cpu), percent(ram), percent(disk), load1 === undefined ? "" : load1.toFixed(2)];
  return [labelOf(host), status, ...figures, heard, command?.op ?? ""].map(oneLine);
}

function event(at: string, message: string): TableLine {
  return { tone: "dim", text: oneLine(`${new Date(at).toTimeString().slice(0, 8)}  ${message}`) };
}

function percent(value: number | undefined): string {
  return value === undefined ? "" : `${Math.round(value)} %`;
}

function ageText(ms: Millis): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6_000) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function counted(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
}
