/** The mistakes of the HTTP profile that the simulator must catch. */

import type { BrokenBuild } from "../broken-build.ts";

export const HTTP_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "the address of a snapshot serves the newest one",
    item: null,
    rule: "H1",
    by: { seed: 125 },
    edits: [
      {
        file: "server/src/transport/http/kept-snapshots.ts",
        find: "return this.#frames.get(statePath(position)) ?? null;",
        replace: "return this.#frames.get(statePath(position)) ?? [...this.#frames.values()].at(-1) ?? null;",
      },
    ],
  },
  {
    name: "the way to a snapshot leads below the version that was asked for",
    item: null,
    rule: "H1",
    by: { seed: 75 },
    edits: [
      {
        file: "server/src/transport/http/http-routes.ts",
        find: "const made = this.#hub.snapshot(from, atLeast);",
        replace: "const made = this.#hub.snapshot(from, Math.min(atLeast, 0));",
      },
    ],
  },
  {
    name: "a reader asks for a full state without saying which one it has",
    item: null,
    rule: "H5",
    by: { seed: 6 },
    edits: [
      {
        file: "client/src/transport/http/http-address.ts",
        find: "has === null || has.version === 0",
        replace: "has === null || has.version >= 0",
      },
    ],
  },
  {
    name: "the answer to a check may be kept by caches",
    item: null,
    rule: "D2",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/transport/http/reader.ts",
        find: "return check === null && this.parts.hub.beaconMs >= KEPT_FROM_BEACON_MS;",
        replace: "return check !== -1 && this.parts.hub.beaconMs >= KEPT_FROM_BEACON_MS;",
      },
    ],
  },
  {
    name: "a reader asks again where a cache has the answer without news",
    item: null,
    rule: "H2",
    by: { seed: 108 },
    edits: [
      {
        file: "client/src/transport/http/http-connection.ts",
        find: 'return this.#toldAt === null ? "" :',
        replace: 'return this.#toldAt !== Number.NaN ? "" :',
      },
    ],
  },
  {
    name: "what came in a stream counts as written when it came",
    item: null,
    rule: "H6",
    by: { seed: 75 },
    edits: [
      {
        file: "client/src/transport/http/http-connection.ts",
        find: "age?.of(offsetMs, io.now()) ?? JUST_NOW",
        replace: "(age === null ? age : JUST_NOW) ?? JUST_NOW",
      },
    ],
  },
  {
    name: "an event does not say how long after the start of its stream it was written",
    item: null,
    rule: "H4",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/transport/http/reader.ts",
        find: "outlet.write(frame, Math.max(0, Math.floor(runtime.now() - this.#startedAt)));",
        replace: "outlet.write(frame, Math.min(0, Math.floor(runtime.now() - this.#startedAt)));",
      },
    ],
  },
  {
    name: "the age of an answer is not taken off",
    item: null,
    rule: "H6",
    by: { seed: 76 },
    edits: [
      {
        file: "client/src/transport/http/ages.ts",
        find: "if (told !== null) return { atLeastMs: 0, atMostMs: (told + CACHES) * 1000 };",
        replace: "if (told !== null) return { atLeastMs: 0, atMostMs: 0 };",
      },
    ],
  },
  {
    name: "an answer that says no age counts as new",
    item: null,
    rule: "H6",
    by: { seed: 128 },
    edits: [
      {
        file: "client/src/transport/http/ages.ts",
        find: "return { atLeastMs: 0, atMostMs: seconds === 0 ? 0 : (seconds + 1) * 1000 };",
        replace: "return { atLeastMs: 0, atMostMs: 0 * seconds };",
      },
    ],
  },
  {
    name: "what is for one session may be kept by caches",
    item: null,
    rule: "H8",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/transport/http/reply.ts",
        find: '? { "Cache-Control": "private, no-store" }',
        replace: '? { "Cache-Control": "public, ".concat(howLong) }',
      },
    ],
  },
  // These were found by the simulator in this engine.
  {
    name: "a reader counts with one cache on the way of its answers",
    item: null,
    rule: "H6",
    by: { seed: 519 },
    edits: [
      {
        file: "client/src/transport/http/ages.ts",
        find: "const CACHES = 2;",
        replace: "const CACHES = 1;",
      },
    ],
  },
  {
    name: "an answer is at least as old as a cache says",
    item: null,
    rule: "R7",
    by: { seed: 40 },
    edits: [
      {
        file: "client/src/transport/http/ages.ts",
        find: "if (told !== null) return { atLeastMs: 0, atMostMs",
        replace: "if (told !== null) return { atLeastMs: told * 1000, atMostMs",
      },
    ],
  },
  {
    name: "coming to the head that an answer begins with confirms it",
    item: null,
    rule: "H6",
    by: { seed: 352 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: "const vouches = sync.digest !== undefined || sync.resumed === undefined;",
        replace: "const vouches = sync.version >= 0;",
      },
    ],
  },
  {
    name: "what waited for the end of an answer tells the authority's clock",
    item: null,
    rule: "R7",
    by: { seed: 3470 },
    edits: [
      {
        file: "client/src/transport/http/http-connection.ts",
        find: "n > 0 ? { toldAt: null } : toldAt === null ? {} : { toldAt };",
        replace: "n < 0 ? { toldAt } : {};",
      },
    ],
  },
  {
    name: "an answer does not say for how long it was made",
    item: null,
    rule: "H6",
    by: { seed: 3470 },
    edits: [
      {
        file: "server/src/transport/http/reply.ts",
        find: "const age = madeForMs > AT_ONCE_MS ?",
        replace: "const age = madeForMs > AT_ONCE_MS * 1e6 ?",
      },
    ],
  },
  {
    name: "a network without WebSocket costs two backoffs",
    item: null,
    rule: "P2",
    by: { seed: 1282 },
    edits: [
      {
        file: "client/src/machine/transition.ts",
        find: "return openSocket(state, now, { urgent: true });",
        replace: "return openSocket(state, now);",
      },
      {
        file: "client/src/transport/fallback-transport.ts",
        find: "if (heard || isLeft || !this.#isForHttp) return events.closed(code);",
        replace: "if (heard || !this.#isForHttp || !isOpen) return events.closed(code);",
      },
    ],
  },
  {
    name: "the end of a socket that was only tried leads to another try",
    item: null,
    rule: "R5",
    by: { seed: 498 },
    edits: [
      {
        file: "client/src/transport/fallback-transport.ts",
        find: "closed: ifStill(failed),",
        replace: "closed: failed,",
      },
    ],
  },
];
