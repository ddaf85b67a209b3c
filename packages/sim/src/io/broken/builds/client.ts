/** The mistakes of a client that the simulator must catch. */

import type { BrokenBuild } from "../broken-build.ts";

export const CLIENT_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "the gap check is skipped",
    item: "skip the gap check",
    rule: "P1",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: "if (delta.from !== position.version)\n    return resync(",
        replace: "if (delta.from === -1)\n    return resync(",
      },
    ],
  },
  {
    name: "two get_state are out at once",
    item: "two `get_state` out at once",
    rule: "R2",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: 'if (phase.type === "resyncing") return become({ ...state, phase: { ...phase, link } });',
        replace: "",
      },
    ],
  },
  {
    name: "an old socket's frames are accepted",
    item: "an old socket's frames accepted",
    rule: "R8",
    by: { seed: 11 },
    edits: [
      {
        file: "client/src/machine/transition.ts",
        find: "return input.socket === state.socket ? heard",
        replace: 'return input.socket === state.socket || input.type === "received" ? heard',
      },
      {
        file: "client/src/transport/frame-queue.ts",
        find: "  close(): void {\n    this.#closed = true;",
        replace: "  close(): void {",
      },
    ],
  },
  {
    name: "the window counts applied frames instead of taken ones",
    item: "the window counting applied instead of taken frames",
    rule: "M3",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: "const link = frame.fromParts ? { ...phase.link, loading: null, partMs: 0 } : takenFrame(phase.link, sizeBytes, now);",
        replace: `const isIgnored = message?.type === "delta" && (phase.type !== "following" || message.from !== state.position?.version);
  const link = isIgnored ? phase.link : takenFrame(phase.link, sizeBytes, now);`,
      },
    ],
  },
  {
    name: "the parts of an old connection are taken for those of the new one",
    item: null,
    rule: "P2",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/transport/frame-queue.ts",
        find: "return this.#parts.add(part);",
        replace: "return joinerOf(this.#inflate).add(part);",
      },
      {
        file: "client/src/transport/frame-queue.ts",
        find: "interface Bad {",
        replace: `const joiners = new WeakMap();
function joinerOf(inflate) {
  if (!joiners.has(inflate)) joiners.set(inflate, new PartJoiner());
  return joiners.get(inflate);
}

interface Bad {`,
      },
    ],
  },
  {
    name: "a waiter of reached goes into another epoch unchecked",
    item: "a waiter of `reached` carried into another epoch unchecked",
    rule: "D2",
    by: { seed: 5 },
    edits: [
      {
        file: "client/src/machine/reached.ts",
        find: "return position.epoch === waiter.epoch || isInLineage(authority.lineage, waiter);",
        replace: "return true;",
      },
    ],
  },
  {
    name: "a digest that differs is believed",
    item: null,
    rule: "P5",
    by: { seed: 203 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: 'if (sync.digest !== undefined && digest !== null && sync.digest !== digest) return "digest";',
        replace: "",
      },
    ],
  },
  {
    name: "a sign-out leaves the state on the screen",
    item: null,
    rule: "R9",
    by: { seed: 38 },
    edits: [
      {
        file: "client/src/machine/connection.ts",
        find: 'return andThen(end(lost, "signed_out"), clear);',
        replace: 'return end(lost, "signed_out");',
      },
    ],
  },
  {
    name: "after a lost answer the repeat has another key",
    item: null,
    rule: "D2",
    by: { seed: 3 },
    edits: [
      {
        file: "client/src/requests/request.ts",
        find: "await attempt(target, body, key, refresh",
        replace: "await attempt(target, body, key + failures, refresh",
      },
    ],
  },
];
