/** A batch of reports is what the agent tells the server in one request. */

import { type AgentReport, MAX_CHUNK_BYTES } from "@neverstale/fleet-domain";
import { utf8Bytes } from "@neverstale/protocol";
import type { Chunk } from "./chunks.ts";
import type { Exit } from "./exit.ts";
import { isOpen, type Known } from "./known.ts";

export interface ReportBatch {
  readonly reports: readonly AgentReport[];
  /** True when there is more to tell right away. */
  readonly more: boolean;
}

/** These are the limits of one batch. They are below those of the server. */
const MAX_REPORTS = 100;
export const MAX_BATCH_BYTES = 384 * 1024;

/**
 * So many settled commands are told again in one batch: what the server wants of them is delivered before the next ones are
 * told.
 */
const AGAIN_AT_ONCE = 50;

/** This is what a batch is made of. */
export interface Reportable {
  /** These reports come first, if they are due: hello, metrics. */
  readonly first: readonly AgentReport[];
  /** True when the list of known commands is due. */
  readonly stateDue: boolean;
  readonly known: readonly Known[];
  readonly refusals: readonly { readonly commandId: string; readonly reason: string }[];
  /** This is the offset that the server expects next, by command. It is missing where the server hasn't said. */
  readonly received: ReadonlyMap<string, number>;
  /** The ends of these settled commands are to be told again: the server may have been put back to an older state. */
  readonly tellAgain: ReadonlySet<string>;
  /** Returns whole chunks of a command's output from an offset on, at most `limitBytes` of output. */
  readonly readOutput: (known: Known, offset: number, limitBytes: number) => readonly Chunk[];
  /** This is the time now, in ISO 8601. */
  readonly now: string;
}

/** Composes what is due, and as much output as fits. Every end comes behind its command's output. */
export function composeBatch(from: Reportable): ReportBatch {
  const batch = new BatchDraft();
  const open = from.known.filter(isOpen);
  const again = from.known
    .filter((known) => !isOpen(known) && known.exit !== null && from.tellAgain.has(known.entry.commandId))
    .slice(0, Math.max(0, AGAIN_AT_ONCE - open.length));
  for (const report of from.first) batch.add(report);
  if (from.stateDue) batch.add(stateReport([...open, ...again.filter(({ entry }) => entry.settledIn !== null)]));
  for (const { commandId, reason } of from.refusals) {
    batch.add({ type: "finished", commandId, status: "rejected", reason, finishedAt: from.now, outputBytes: 0 });
  }
  for (const known of again) if (known.exit !== null) batch.add(finishedReport(known, known.exit));
  for (const known of open) addCommand(batch, from, known);
  return { reports: batch.reports, more: batch.full };
}

function addCommand(batch: BatchDraft, from: Reportable, known: Known): void {
  const offset = addOutput(batch, from, known);
  if (known.exit !== null && offset >= known.spooledBytes) batch.add(finishedReport(known, known.exit));
}

/** Returns the offset that the server will have when it has accepted the batch. */
function addOutput(batch: BatchDraft, from: Reportable, known: Known): number {
  const { commandId } = known.entry;
  const expected = from.received.get(commandId);
  // As long as the server hasn't said what it has, one chunk asks it.
  const limitBytes = expected === undefined ? MAX_CHUNK_BYTES : MAX_BATCH_BYTES;
  let offset = expected ?? 0;
  for (const chunk of from.readOutput(known, offset, limitBytes)) {
    if (!batch.add({ type: "output", commandId, ...chunk })) break;
    offset = chunk.offset + chunk.bytes;
  }
  return offset;
}

class BatchDraft {
  readonly reports: AgentReport[] = [];
  full = false;
  #bytes = 0;

  /** False means that there was no room. Nothing is added after that, so that the order holds. */
  add(report: AgentReport): boolean {
    const bytes = utf8Bytes(JSON.stringify(report));
    if (this.full || this.reports.length >= MAX_REPORTS || this.#bytes + bytes > MAX_BATCH_BYTES) {
      this.full = true;
      return false;
    }
    this.reports.push(report);
    this.#bytes += bytes;
    return true;
  }
}

type FinishedReport = Extract<AgentReport, { type: "finished" }>;
type StateReport = Extract<AgentReport, { type: "state" }>;

function stateReport(known: readonly Known[]): StateReport {
  return {
    type: "state",
    known: known.slice(0, 1000).map(({ entry, runner, exit, startedAt }) => ({
      commandId: entry.commandId,
      op: entry.op,
      args: entry.args,
      phase: exit !== null ? "ended" : runner === "none" ? "claiming" : "running",
      ...(startedAt !== null && { startedAt }),
      ...(entry.settledIn !== null && { settled: entry.settledIn }),
    })),
  };
}

/** The report names the bytes that the spool holds: that much can be delivered. */
function finishedReport(known: Known, exit: Exit): FinishedReport {
  return {
    type: "finished",
    commandId: known.entry.commandId,
    status: exit.outcome,
    ...(exit.reason !== null && { reason: exit.reason }),
    ...(exit.exitCode !== null && { exitCode: exit.exitCode }),
    ...(exit.startedAt !== null && { startedAt: exit.startedAt }),
    finishedAt: exit.finishedAt,
    outputBytes: known.spooledBytes,
  };
}
