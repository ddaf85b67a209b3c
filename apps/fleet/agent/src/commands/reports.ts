import type { AgentReport } from "@neverstale/fleet-domain";
import { type Chunk, MAX_CHUNK_BYTES } from "./chunks.ts";
import { isOpen } from "./decide.ts";
import type { Exit } from "./job.ts";
import type { Known } from "./known.ts";

/** Limits of one batch, below those of the server. */
export const MAX_REPORTS = 100;
export const MAX_BATCH_BYTES = 384 * 1024;

/** Settled commands told again in one batch: what the server wants of them is delivered before the next ones are told. */
const AGAIN_AT_ONCE = 50;

type FinishedReport = Extract<AgentReport, { type: "finished" }>;
type StateReport = Extract<AgentReport, { type: "state" }>;

/** What a batch is made of. */
export interface Reportable {
  /** Reports that come first, if due: hello, metrics. */
  readonly first: readonly AgentReport[];
  /** Whether the list of known commands is due. */
  readonly stateDue: boolean;
  readonly known: readonly Known[];
  readonly refusals: readonly { readonly commandId: string; readonly reason: string }[];
  /** The offset the server expects next, by command; missing: it hasn't said. */
  readonly received: ReadonlyMap<string, number>;
  /** Settled commands whose end is to be told again: the server may have been put back to an older state. */
  readonly tellAgain: ReadonlySet<string>;
  /** Whole chunks of a command's output from an offset on; at most `limitBytes` of output. */
  readonly readOutput: (known: Known, offset: number, limitBytes: number) => readonly Chunk[];
  /** ISO 8601. */
  readonly now: string;
}

export interface Batch {
  readonly reports: readonly AgentReport[];
  /** Whether there is more to tell right away. */
  readonly more: boolean;
}

/** The next batch of reports: what is due, and as much output as fits. Every end comes behind its command's output. */
export function composeBatch(from: Reportable): Batch {
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

/** The offset that the server will have when it has taken the batch. */
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

  /** False: no room; nothing is added after that, so that the order holds. */
  add(report: AgentReport): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(report));
    if (this.full || this.reports.length >= MAX_REPORTS || this.#bytes + bytes > MAX_BATCH_BYTES) {
      this.full = true;
      return false;
    }
    this.reports.push(report);
    this.#bytes += bytes;
    return true;
  }
}

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

/** `outputBytes` is what the spool holds: that much can be delivered. */
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
