/** Releases follow each other over one database, and each must keep what those before it acknowledged. */

import { isDeepStrictEqual } from "node:util";
import type { Change, StateRecord } from "@neverstale/protocol";
import { FIRST_RELEASE, modelsOf, nextRelease, type OracleState, Random, type Release, reduce } from "@neverstale/sim";
import { AuthorityProcess, until } from "./authority-process.ts";
import type { Started } from "./release-authority.ts";

const SCRIPT = new URL("./release-authority.ts", import.meta.url);
const WRITERS = 6;

type Stored = Readonly<Record<string, readonly StateRecord[]>>;

/** This is the first thing that is not as it was meant, and how much was tried. */
export interface ReleasesSeen {
  readonly problem: string | null;
  readonly acknowledged: number;
  readonly killedAmid: number;
  readonly releases: number;
}

/**
 * Starts release after release over one database, drawn by a seed, and kills each amid its writes. At every start each
 * acknowledged change must be in the state as the release meant it that made the change. Beyond these only the change that was
 * under way may be there.
 */
export async function killBetweenReleases(database: string, seed: string, rounds: number): Promise<ReleasesSeen> {
  const chance = new Random(seed);
  const authority = new AuthorityProcess(database, 1_000, SCRIPT);
  const writers = Array.from({ length: WRITERS }, (_, n) => new Writer(`w${n}`, chance.fork(`writer ${n}`)));
  const releases = [FIRST_RELEASE];
  let holds: readonly string[] = [];
  let problem: string | null = null;
  try {
    for (let round = 0; round <= rounds && problem === null; round += 1) {
      const [release = FIRST_RELEASE] = releases;
      authority.env = { ...process.env, RELEASE: JSON.stringify({ release, holds } satisfies Started) };
      await authority.start();
      const state = await authority.get<Stored>("/");
      problem = writers.map((writer) => writer.judge(state.hosts ?? [])).find((found) => found !== null) ?? null;
      problem ??= tooMany(release, state);
      if (round < rounds) await writeUntilKilled(authority, release, writers, chance.int(20, 120));
      holds = ["events", "alarms"].filter((name) => name === release.eventsIn || (state[name]?.length ?? 0) > 0);
      releases.unshift(chance.chance(0.25) ? (releases[1] ?? FIRST_RELEASE) : nextRelease(release, chance));
      if (problem !== null) problem = `round ${round} of seed ${seed}: ${problem}`;
    }
  } finally {
    await authority.kill();
  }
  const sum = (of: (writer: Writer) => number) => writers.reduce((all, writer) => all + of(writer), 0);
  return {
    problem,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    killedAmid: sum(({ killedAmid }) => killedAmid),
    releases: new Set(releases.map((release) => JSON.stringify(release))).size,
  };
}

/** Rule E6 says that a lowered `keep` has taken effect before anyone is answered. */
function tooMany({ events, eventsIn }: Release, state: Stored): string | null {
  const kept = state[eventsIn]?.length ?? 0;
  return kept > events ? `${kept} ${eventsIn} are served, and ${events} are kept` : null;
}

async function writeUntilKilled(
  authority: AuthorityProcess,
  release: Release,
  writers: readonly Writer[],
  acknowledged: number,
): Promise<void> {
  const count = () => writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
  const goal = count() + acknowledged;
  const writing = writers.map((writer) => writer.writeUntilGone(authority, release));
  await until("enough was acknowledged", () => count() >= goal);
  await authority.kill("SIGKILL");
  await Promise.all(writing);
}

/** A writer writes to records of its own, one change after the other, so that it knows what each of them must be. */
class Writer {
  readonly #name: string;
  readonly #chance: Random;
  #hosts: OracleState = { hosts: new Map() };
  /** The state may also be this one: the change that nobody answered may have taken effect. */
  #orElse: OracleState | null = null;
  acknowledged = 0;
  killedAmid = 0;

  constructor(name: string, chance: Random) {
    this.#name = name;
    this.#chance = chance;
  }

  async writeUntilGone(authority: AuthorityProcess, release: Release): Promise<void> {
    const { main } = modelsOf(release, new Set());
    for (;;) {
      const change = this.#someChange(release);
      const event: Change = { type: "event", target: "", data: { id: `${this.#name}-${this.#chance.int(0, 1e9)}` } };
      const after = reduce(main, this.#hosts, change);
      const body = JSON.stringify([change, event]);
      const answer = await fetch(authority.url("/"), { method: "POST", body }).catch(() => null);
      const told = answer === null ? null : await answer.text().catch(() => null);
      if (answer === null || told === null || answer.status === 500) {
        this.#orElse = after;
        this.killedAmid += 1;
        return;
      }
      if (!answer.ok) continue;
      this.#hosts = after;
      this.acknowledged += 1;
    }
  }

  #someChange({ notes }: Release): Change {
    const chance = this.#chance;
    const target = `${this.#name}-${chance.int(0, 3)}`;
    const kind = chance.next();
    if (kind < 0.1) return { type: "host_removed", target, data: {} };
    if (kind < 0.3)
      return { type: "host_added", target, data: { cpu: chance.int(0, 9), os: `os ${chance.int(0, 9)}` } };
    const data = { note: "n".repeat(chance.int(1, 5)), [chance.pick(["cpu", "tags"])]: chance.int(0, 9) };
    return { type: notes && kind < 0.5 ? "host_noted" : "host_updated", target, data };
  }

  /** Says what of its records is not as it must be. The records that are found count from then on. */
  judge(stored: readonly StateRecord[]): string | null {
    const own = new Map(
      stored.filter(({ id }) => id.startsWith(`${this.#name}-`)).map((record) => [record.id, record]),
    );
    const expected = [this.#hosts, ...(this.#orElse === null ? [] : [this.#orElse])];
    const found = expected.find(({ hosts }) => isSame(own, hosts ?? new Map()));
    this.#orElse = null;
    if (found === undefined)
      return `${this.#name} finds ${JSON.stringify([...own.values()])} and not ${JSON.stringify(expected.map(({ hosts }) => [...(hosts?.values() ?? [])]))}`;
    this.#hosts = found;
    return null;
  }
}

function isSame(a: ReadonlyMap<string, StateRecord>, b: ReadonlyMap<string, StateRecord>): boolean {
  return a.size === b.size && [...a].every(([id, record]) => isDeepStrictEqual(record, b.get(id)));
}
