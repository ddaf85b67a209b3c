/** The cluster is the database as its users run it: a primary, and standbys that hear late. One of them may take its place. */

import type { Position } from "@neverstale/protocol";
import type { Branch, HistoryMoment } from "../../checks/history.ts";
import { JudgedDatabase, type JudgedParts, type StandbyImage } from "./judged-database.ts";

/** An old primary lives on beside the new one as long as somebody's session leads to it. */
export class Cluster {
  readonly #parts: ClusterParts;
  readonly #sessions: NodeSession[] = [];
  /** They stand in the order in which they became the primary. */
  readonly #databases: JudgedDatabase[] = [];

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#databases.push(new JudgedDatabase({ ...parts, server: "server-1" }, null));
  }

  get primary(): JudgedDatabase {
    return this.#databases[this.#databases.length - 1] as JudgedDatabase;
  }

  get databases(): readonly JudgedDatabase[] {
    return this.#databases;
  }

  /** An old primary lives on. */
  get isSplit(): boolean {
    return this.#databases.some((database) => database !== this.primary && database.endedAt === null);
  }

  /** The sessions of one node lead to the same database. */
  openSession(): NodeSession {
    const session: NodeSession = { at: this.primary };
    this.#sessions.push(session);
    return session;
  }

  /** A standby takes the place of the primary that it heard from, with what it has. It returns how many entries it lacks, or null when another one was quicker. */
  promote(image: StandbyImage): number | null {
    if (image.of !== this.primary) return null;
    const { world } = this.#parts;
    const { head } = this.primary.confirm();
    const lacks = (head?.sequence ?? 0) - (image.data.head?.sequence ?? 0);
    world.trace.line(world.clock.now, `a standby is promoted that lacks ${lacks} entries of ${head?.sequence}`);
    const server = `server-${this.#databases.length + 1}`;
    const promoted = new JudgedDatabase({ ...this.#parts, server }, image);
    world.oracle.splitOff(promoted.branch);
    this.#databases.push(promoted);
    return lacks;
  }

  /** From here on the session leads to the primary. Nobody tells its node. */
  move(session: NodeSession): void {
    session.at = this.primary;
    this.#endUnreached();
  }

  moveAll(): void {
    for (const session of this.#sessions) session.at = this.primary;
    this.#endUnreached();
  }

  #endUnreached(): void {
    for (const database of this.#databases) {
      if (database === this.primary || this.#sessions.some(({ at }) => at === database)) continue;
      database.endedAt ??= this.#parts.world.clock.now;
    }
  }

  /** A statement that was sent to a primary which is gone by now is carried out by the one in its place. */
  reached(sentTo: JudgedDatabase): JudgedDatabase {
    return sentTo.endedAt === null ? sentTo : this.primary;
  }

  /** The position is of a history that the primary does not have. */
  isLost(position: Position): boolean {
    const moment = this.#parts.world.oracle.momentAt(position);
    return moment !== null && !this.primary.has(position.space, moment);
  }

  /** No server has had the position as its newest one since this time. It is null when one that lives has it. */
  notNewestSince(name: string, position: Position): number | null {
    const moment = this.#parts.world.oracle.momentAt(position);
    let since = NEVER;
    for (const { branch, endedAt } of this.#databases) {
      const moved = movedAt(branch, name, position, moment);
      if (moved === null && endedAt === null) return null;
      since = Math.max(since, moved ?? (endedAt as number));
    }
    return since;
  }

  /** A standby lacked the moment when it took the place of the primary that had it. */
  wentWithTail(creationId: string, moment: HistoryMoment): boolean {
    return this.#databases.some((database, n) => {
      const before = this.#databases[n - 1];
      return before?.has(creationId, moment) === true && !database.hadAtFirst(creationId, moment);
    });
  }
}

/** From this time on the position was not the newest one of the branch. It is null when it still is. */
function movedAt(
  branch: Branch,
  name: string,
  { space, version }: Position,
  moment: HistoryMoment | null,
): number | null {
  const history = branch.spaces.get(name);
  if (history?.creationId !== space) return branch.ended.has(space) ? (branch.removedAt.get(name) ?? NEVER) : NEVER;
  if (history.moments[version] !== moment) return NEVER;
  return history.moments[version + 1]?.at ?? null;
}

const NEVER = Number.NEGATIVE_INFINITY;
type ClusterParts = Omit<JudgedParts, "server">;

/** It says to which database the statements of a node go. */
export interface NodeSession {
  at: JudgedDatabase;
}
