import { type Host, OUTPUT_SPACES } from "@neverstale/fleet-domain";
import { LOST_AFTER_MS } from "../commands/catalogue.ts";
import { endCommand, runningOn } from "../commands/decide.ts";
import { drive } from "../commands/driver.ts";
import type { Work } from "../fleet/work.ts";
import { setOnline } from "./decide.ts";

/** What passes by itself when time does: hosts that fall silent, deadlines, work on hosts that never come back. */
export function sweepFleet(work: Work, isSilent: (hostId: string) => boolean): void {
  for (const host of [...work.fleet.hosts.values()]) {
    if (host.online && isSilent(host.id)) setOnline(work, host.id, false);
    if (!host.online) loseWorkOf(work, host);
  }
  drive(work);
}

function loseWorkOf(work: Work, host: Host): void {
  for (const command of runningOn(work, host.id)) {
    const silentSince = host.offlineSince ?? command.startedAt ?? command.createdAt;
    if (work.at.ms - Date.parse(silentSince) < LOST_AFTER_MS) continue;
    endCommand(work, command, { status: "lost", actor: "server", reason: "its host has not been heard of for a day" });
  }
}

/** Output can be followed as long as its command is in the state; then it is in the history, for as long as that is kept. */
export function sweepOutputs(work: Work, spaces: readonly string[]): void {
  for (const name of spaces) {
    if (!name.startsWith(OUTPUT_SPACES)) continue;
    const commandId = name.slice(OUTPUT_SPACES.length);
    if (work.fleet.commands.has(commandId)) continue;
    archiveTail(work, commandId);
    work.removeOutput(commandId);
  }
}

/** Into the history goes what `keep` evicts, and nothing else: so the tail is put, and pushed out by an empty one. */
function archiveTail(work: Work, commandId: string): void {
  const chunks = [...(work.output(commandId)?.chunks.values() ?? [])].sort((a, b) => a.offset - b.offset);
  const [first] = chunks;
  if (first === undefined) return;
  const { offset } = first;
  const text = chunks.map((chunk) => chunk.text).join("");
  work.changeOutput(commandId, "output_archived", { id: "tail", offset, text });
  work.changeOutput(commandId, "output_archived", { id: "nothing", offset, text: "" });
}
