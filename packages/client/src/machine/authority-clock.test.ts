import type { SyncMessage } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { FakeEnvironment } from "../environment/fake-environment-suite.ts";
import { Replica } from "../replica.ts";
import { full } from "./machine-rig-suite.ts";

const HOUR = 3_600_000;

/** A live replica whose authority tells the time by a clock of its own, and the wall clock here by another one. */
class Pair {
  readonly io = new FakeEnvironment();
  readonly sync = new Replica({ url: "/sync", io: this.io });
  /** What the authority's clock is ahead of one that is never set. */
  skew = 0;
  readonly #begun = 1_700_000_000_000 - this.io.monotonic;

  constructor(wallAhead = 0) {
    this.io.wall += wallAhead;
    this.open();
  }

  get authority(): number {
    return this.#begun + this.io.monotonic + this.skew;
  }

  /** How far what the replica says is ahead of the authority's clock. */
  get error(): number {
    return this.sync.serverNow() - this.authority;
  }

  open(): void {
    this.io.socket.open().push(full(1));
  }

  /** A `sync` that was so long on its way. */
  tell(lateMs = 0, members: Partial<SyncMessage> = {}): void {
    const at = this.authority - lateMs;
    this.io.socket.push({ type: "sync", version: 1, head: 1, digest: this.sync.digest(), at, ...members });
  }

  /** Beacons for so long, each so late. */
  async follow(ms: number, lateMs = 0): Promise<void> {
    for (let passed = 0; passed < ms; passed += 30_000) {
      await this.io.pass(30_000);
      this.tell(lateMs);
    }
  }
}

describe("the authority's clock", () => {
  test.each([HOUR, -HOUR, 24 * HOUR])("[R7] is known to a replica whose own is %i ms ahead", async (ahead) => {
    const pair = new Pair(ahead);
    pair.tell(40);

    await pair.io.pass(12_345);

    expect(pair.error).toBe(-40);
  });

  test.each([HOUR, -HOUR])("[R7] is not moved by a clock that is set by %i ms here", async (byMs) => {
    const pair = new Pair();
    pair.tell();
    await pair.io.pass(1_000);

    pair.io.wall += byMs;
    const atOnce = pair.error;
    await pair.io.pass(500);

    expect([atOnce, pair.error]).toEqual([0, 0]);
  });

  test("[R7] is the own one until the authority has told it, and with an authority that never does", async () => {
    const pair = new Pair(HOUR);
    pair.io.socket.push({ type: "sync", version: 1, head: 1, digest: pair.sync.digest() });

    await pair.io.pass(5_000);

    expect(pair.sync.serverNow()).toBe(pair.io.wall);
    expect(pair.sync.status.type).toBe("live");
  });

  test("[R7] what one sync was late is of no account when another was not", async () => {
    const pair = new Pair(-HOUR);
    pair.tell(5);

    await pair.follow(30_000, 9_000);

    expect(pair.error).toBe(-5);
  });

  test("[R7] a clock that the authority's machine sets ahead is followed with the next sync", async () => {
    const pair = new Pair();
    await pair.follow(300_000);

    pair.skew = HOUR;
    await pair.follow(30_000);

    expect(pair.error).toBe(0);
  });

  test.each([-HOUR, -2_500])("[R7] one that is set back by %i ms is followed with the second", async (skew) => {
    const pair = new Pair();
    await pair.follow(300_000);

    pair.skew = skew;
    await pair.follow(60_000, 20);

    expect(pair.error).toBe(-20);
  });

  test("[R7] one that is set back a little is followed within eight", async () => {
    const pair = new Pair();
    await pair.follow(300_000);

    pair.skew = -1_500;
    await pair.follow(240_000);

    expect(pair.error).toBe(0);
  });

  test("[R7] a new connection starts anew with its first sync, and until then what was known goes on", async () => {
    const pair = new Pair();
    pair.tell();
    pair.io.socket.close(1012);
    pair.open();
    pair.skew = -HOUR;
    const before = pair.error;

    pair.tell(30);

    expect([before, pair.error]).toEqual([HOUR, -30]);
  });

  test("[R7] a sleep that the monotonic clock did not count is not left out once the connection is gone", async () => {
    const pair = new Pair();
    pair.tell();
    pair.io.wall += HOUR;
    pair.skew = HOUR;
    await pair.io.pass(1_000);

    await pair.io.pass(5_000);

    expect(pair.sync.status.type).not.toBe("live");
    expect(pair.error).toBe(0);
  });

  test("[R7] after such a sleep the answer to the check tells the time again", async () => {
    const pair = new Pair();
    pair.tell();
    pair.io.wall += HOUR;
    pair.skew = HOUR;
    pair.io.signal("awake");
    const check = pair.io.socket.sent.findLast(({ type }) => type === "check");

    pair.tell(10, check?.type === "check" ? { check: check.n } : {});

    expect(pair.error).toBe(-10);
  });
});
