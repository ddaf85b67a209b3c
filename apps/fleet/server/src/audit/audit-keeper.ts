/** The audit keeper archives audit events before they leave the live state, and lets go of those that are too old. */

import { AUDIT_BEGINNING_ID, type AuditChain } from "@neverstale/fleet-domain";
import type { Clocks } from "../fleet/moment.ts";
import type { FleetManager } from "../fleet/state.ts";
import type { Transactions } from "../fleet/transact.ts";
import type { Work } from "../fleet/work.ts";
import { ARCHIVE_STEP, archiveRow, chainOf, eventsBetween } from "./archive.ts";
import { chainIn } from "./chain.ts";

/**
 * A row of the archive is written first, and only then the chain says that the event is there. What is let go of is noted first, with its
 * hash, and only then its rows go. So a kill at any point leaves a row too many, and never one too few.
 */
export class AuditKeeper {
  readonly #parts: AuditKeeperParts;
  #archived = 0;
  #letGo = 0;

  constructor(parts: AuditKeeperParts) {
    this.#parts = parts;
  }

  /** It runs where changes are decided. Where the store refuses, the next round tries again. */
  async round(): Promise<void> {
    const { manager, waiting = WAITING } = this.#parts;
    for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
      const chain = chainOf(manager);
      if (chain === null || chain.sequence - chain.archived < waiting) break;
      await this.#archive(chain);
    }
    const chain = chainOf(manager);
    if (chain !== null) await this.#letGoOfOld(chain);
  }

  async #archive({ archived, sequence }: AuditChain): Promise<void> {
    const { manager, transactions } = this.#parts;
    const to = Math.min(sequence, archived + BATCH);
    const events = await eventsBetween(manager, archived + 1, to + 1);
    if (events.length > 0) await manager.points.appendPoints(events.map(archiveRow));
    await transactions.transact((work) => change(work, archived, { archived: to }));
    this.#archived += events.length;
  }

  /** A few go at a time: where a clock is wrong for a while, somebody has the time to see it. */
  async #letGoOfOld(chain: AuditChain): Promise<void> {
    const { manager, transactions, clocks, kept } = this.#parts;
    const before = chain.anchor?.sequence ?? 0;
    const most = Math.min(chain.archived, before + BATCH);
    if (most <= before) return;
    const byCount = Math.min(most, chain.archived - kept.events);
    const isOld = (at: string) => clocks.now() - Date.parse(at) > kept.ageMs;
    const [first] = await eventsBetween(manager, before + 1, before + 2);
    if (byCount <= before && first !== undefined && !isOld(first.at)) return;
    const oldest = await eventsBetween(manager, before + 1, most + 1);
    const firstKept = oldest.findIndex((event) => (event.sequence ?? 0) > byCount && !isOld(event.at));
    const last = firstKept === -1 ? oldest.at(-1) : oldest[firstKept - 1];
    if (last?.sequence === undefined || last.hash === undefined) return;
    const anchor = { sequence: last.sequence, hash: last.hash, at: last.at };
    await transactions.transact((work) => change(work, chain.archived, { anchor }));
    await manager.points.dropPoints({ step: ARCHIVE_STEP, from: 0, before: last.sequence + 1 });
    this.#letGo += last.sequence - before;
  }

  get metrics(): { readonly [name: string]: number } {
    const chain = chainOf(this.#parts.manager);
    const { sequence = 0, archived = 0, anchor } = chain ?? {};
    return {
      auditEvents: sequence,
      auditEventsKept: sequence - (anchor?.sequence ?? 0),
      auditEventsArchived: archived - (anchor?.sequence ?? 0),
      limitAuditEventsArchived: this.#parts.kept.events,
      auditEventsWritten: this.#archived,
      auditEventsLetGo: this.#letGo,
    };
  }
}

/** Another process may have gone on meanwhile, and then nothing is done. */
function change(work: Work, archived: number, data: Partial<Pick<AuditChain, "archived" | "anchor">>): void {
  if (chainIn(work.audit)?.archived === archived)
    work.changeAudit("audit_archived", { id: AUDIT_BEGINNING_ID, ...data });
}

/** So many events may wait to be archived. They are in the live state. */
const WAITING = 500;
const BATCH = 500;
const MOST_BATCHES = 20;

export interface AuditKept {
  /** So many are in the archive, besides those in the live state. */
  readonly events: number;
  readonly ageMs: number;
}

const DAY_MS = 86_400_000;
export const DEFAULT_AUDIT_KEPT: AuditKept = { events: 1_000_000, ageMs: 400 * DAY_MS };

export interface AuditKeeperParts {
  readonly manager: Pick<FleetManager, "space" | "points" | "history">;
  readonly transactions: Pick<Transactions, "transact">;
  readonly clocks: Pick<Clocks, "now">;
  readonly kept: AuditKept;
  /** Default 500. */
  readonly waiting?: number;
}
