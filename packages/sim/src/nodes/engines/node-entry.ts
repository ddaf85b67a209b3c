/** The entry of a reader at a node is judged by what the database knows: nobody is refused or set back because a node lags (rules N6 and N9), and each is told only what the node knows. */

import { CLOSE } from "@neverstale/protocol";
import type { JudgedEntry } from "../../checks/audit.ts";
import type { HistoryMoment } from "../../checks/history.ts";
import type { SimConnection } from "../../network/connection.ts";
import type { AskedEntry } from "../../network/endpoint.ts";
import type { WireMessage } from "../../network/frames.ts";
import type { Surroundings } from "../../world/surroundings.ts";
import type { Cluster, NodeSession } from "./cluster.ts";
import type { ChainRead } from "./far-store.ts";

export class NodeEntry implements JudgedEntry {
  readonly #parts: EntryParts;
  readonly #connection: SimConnection;
  readonly #asked: AskedEntry;
  readonly #moment: HistoryMoment | null;
  /** So many servers had been the primary when it came. While an old one lives on, nobody is judged. */
  readonly #primaries: number;
  readonly #cameAt: number;
  readonly #onEntered: () => void;
  #hasEntered = false;

  constructor(parts: EntryParts, connection: SimConnection, asked: AskedEntry, onEntered: () => void) {
    const { cluster, world } = parts;
    const { resume } = asked;
    this.#parts = parts;
    this.#connection = connection;
    this.#asked = asked;
    this.#onEntered = onEntered;
    this.#moment = resume === null ? null : world.oracle.momentAt(resume);
    this.#primaries = cluster.isSplit ? 0 : cluster.databases.length;
    this.#cameAt = world.clock.now;
  }

  get #isJudged(): boolean {
    return this.#primaries === this.#parts.cluster.databases.length;
  }

  enters(): void {
    this.#hasEntered = true;
    this.#onEntered();
  }

  /** The full state that it gets is of the history that it comes from, and not below where it was. */
  begins(message: WireMessage): void {
    const { type, version, epoch } = message.part?.of ?? message;
    const { resume: claimed, space } = this.#asked;
    const moment = this.#moment;
    if (type !== "init" || claimed === null || moment === null || epoch === null || !this.#isJudged) return;
    const { cluster, world } = this.#parts;
    const history = cluster.primary.branch.spaces.get(space);
    if (history?.creationId !== claimed.space || history.moments[claimed.version] !== moment) return;
    const today = cluster.primary.branch.epoch;
    if (today === null || world.oracle.endOf(claimed, today) === null) return; // Its takeover is lost.
    if (version >= claimed.version && world.oracle.endOf(claimed, epoch) !== null) return;
    const at = `${claimed.epoch} ${claimed.version}`;
    world.fail("N6", `${this.#connection.id} comes with ${at}, and is given the state at ${epoch} ${version}`);
  }

  /** A node says only what it knew to be the newest within the last second, and since the check came that it answers (rules N4 and N5). */
  vouches({ head }: WireMessage, checkedAt: number | null): void {
    const { cluster, world } = this.#parts;
    const { now } = world.clock;
    const position = this.#asked.at(head);
    const since = cluster.notNewestSince(this.#asked.space, position);
    if (since === null) return;
    const says = `${this.#connection.id} is told that ${position.epoch} ${head} is the newest`;
    if (now - since > VOUCHED_MS) world.fail("N4", `${says}, ${now - since} ms late`);
    if (checkedAt !== null && since < checkedAt) world.fail("N5", `${says} in answer to a check that came later`);
  }

  refused(code: number): void {
    if (code !== CLOSE.unknownSpace || this.#hasEntered || !this.#isJudged) return;
    const { cluster, world } = this.#parts;
    const { space } = this.#asked;
    const madeAt = cluster.primary.branch.spaces.get(space)?.madeAt ?? Number.POSITIVE_INFINITY;
    if (madeAt > this.#cameAt) return;
    world.fail("N6", `${this.#connection.id} is told that there is no ${space}`);
  }
}

const VOUCHED_MS = 1_000;

/** A node that has read everything anew lets nobody in before the newest entry or the beat has gone up. */
export function checkServes(world: Surroundings, name: string, session: NodeSession, reloaded: ChainRead | null): void {
  if (reloaded === null || reloaded.of !== session.at) return;
  const { seen } = reloaded;
  const now = session.at.confirm();
  if ((now.head?.sequence ?? 0) > (seen.head?.sequence ?? 0) || now.beat > seen.beat) return;
  world.fail("N9", `${name} serves, and nothing was stored since it read everything anew at ${seen.head?.sequence}`);
}

interface EntryParts {
  readonly world: Surroundings;
  readonly cluster: Cluster;
}
