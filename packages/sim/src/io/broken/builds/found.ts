/** The simulator found these mistakes in this engine, and each must stay within its reach. */

import type { BrokenBuild } from "../broken-build.ts";

export const FOUND_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "a removal whose tombstone is trimmed is not folded",
    item: null,
    rule: "P3",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/space/space.ts",
        find: "if (entry.version > this.foldedVersion) this.#unfolded.set(key, entry);",
        replace: "",
      },
    ],
  },
  {
    name: "a socket waits for a token that was asked for before",
    item: null,
    rule: "P2",
    by: { seed: 97 },
    edits: [
      {
        file: "client/src/transport/websocket/web-socket-transport.ts",
        find: "opening.attempt > 1 || csrf.isPending",
        replace: "opening.attempt > 1",
      },
      {
        file: "client/src/machine/connection.ts",
        find: "const attempt = again ? Math.max(2, state.attempt) : state.attempt;",
        replace: "const { attempt } = state;",
      },
    ],
  },
  {
    name: "a failure after the wake-up waits for the backoff",
    item: null,
    rule: "P2",
    by: { regression: "wake-up-waits-for-backoff" },
    edits: [
      {
        file: "client/src/machine/connection.ts",
        find: "return isUrgent(state.phase) ? openSocket(",
        replace: "return lost.socket < 0 ? openSocket(",
      },
    ],
  },
  {
    name: "a try at a wake-up that fails is repeated with the same token",
    item: null,
    rule: "P2",
    by: { regression: "wake-up-with-an-old-token" },
    edits: [
      {
        file: "client/src/machine/connection.ts",
        find: "const attempt = again ? Math.max(2, state.attempt) : state.attempt;",
        replace: "const { attempt } = state;",
      },
    ],
  },
  {
    name: "a shared sync tells the time at which it was made first",
    item: null,
    rule: "R7",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/followers/frames/head-frames.ts",
        find: "if (this.#timedSlot === slot) return;",
        replace: "if (this.#timedSlot !== -1) return;",
      },
    ],
  },
  {
    name: "the authority's clock is learnt once for each connection",
    item: null,
    rule: "R7",
    by: { seed: 3 },
    edits: [
      {
        file: "client/src/machine/authority-clock.ts",
        find: "const aheads = [...before, ahead].slice(-SAMPLES);",
        replace: "const aheads = before.length > 0 ? before : [ahead];",
      },
    ],
  },
  {
    name: "a reload that failed is not done by the next round",
    item: null,
    rule: "P2",
    by: { views: 7354 },
    edits: [
      {
        file: "server/src/node/node-rounds.ts",
        find: "this.#mustReload = true; // Nobody",
        replace: "// Nobody",
      },
    ],
  },
  {
    name: "keys that are to leave the store are forgotten where they come and go once more during a fold",
    item: null,
    rule: "P12",
    by: { regression: "keys-stay-in-the-store" },
    edits: [
      {
        file: "server/src/space/space.ts",
        find: "if (this.#unkept.get(key) === row) this.#unkept.delete(key);",
        replace: "this.#unkept.delete(key);",
      },
    ],
  },
  {
    name: "a writer that is drained is not told that its term is over",
    item: null,
    rule: "crash",
    by: { views: 101 },
    edits: [
      {
        file: "server/src/node/own-terms.ts",
        find: "const decider = this.#decider ?? this.#finishing;",
        replace: "const decider = this.#decider;",
      },
    ],
  },
  {
    name: "a divergence healed by the next connection is not reported",
    item: null,
    rule: "P5",
    by: { seed: 184 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: 'if (suspect) return { reason: "digest", from: position };',
        replace: "",
      },
    ],
  },
  {
    name: "a repeat refused for lack of rights counts as failed",
    item: null,
    rule: "D3",
    by: { regression: "unknown-told-as-failed" },
    edits: [
      {
        file: "client/src/requests/request.ts",
        find: "throw anyLost && !speaksForAllAttempts(outcome.error) ? unknownOutcome",
        replace: "throw failures < 0 ? unknownOutcome",
      },
    ],
  },
];
