import {
  type AnyViews,
  applyDiff,
  type Change,
  collection,
  defineModel,
  defineView,
  digestOf,
  type GrantedView,
  type MutableState,
  patch,
  put,
  remove,
  through,
} from "@neverstale/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { StateManager } from "../../authority/state-manager.ts";
import { VirtualRuntime } from "../../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../../store/memory.ts";
import type { Space } from "../space.ts";
import { type SpaceView, spaceOf } from "../space-view.ts";
import { Proofs } from "./proofs.ts";
import { ViewedSpace } from "./viewed-space.ts";
import { keysIn, type ShownThen, shownIn, toldTooMuch } from "./views-oracle-suite.ts";

interface Host {
  readonly id: string;
  readonly team?: string;
  readonly owner?: string;
  readonly load?: number;
  readonly secret?: number;
}

interface Command {
  readonly id: string;
  readonly host?: string;
  readonly text?: number;
}

const model = defineModel({
  model: 1,
  collections: {
    hosts: collection<Host>(),
    commands: collection<Command>(),
    events: collection<{ id: string; team?: string }>(null, { keep: { newest: 3 } }),
    hidden: collection(),
  },
  changes: {
    host_added: put("hosts"),
    host_updated: patch("hosts"),
    host_removed: remove("hosts"),
    command_added: put("commands"),
    command_updated: patch("commands"),
    command_removed: remove("commands"),
    event: put("events"),
    hidden: put("hidden"),
  },
});

const roles = {
  all: { hosts: "*", commands: "*", events: "*" },
  guest: { hosts: ["load", "team"], commands: ["text"], events: [] },
  owner: { hosts: ["secret"] },
} as const;

/** Each release gives other keys. */
const releases = [
  defineView(model, {
    keys: {
      hosts: ({ team, owner }) => [
        ...(team === undefined ? [] : [`team:${team}`]),
        ...(owner === undefined ? [] : [`user:${owner}`]),
      ],
      commands: through("hosts", "host"),
      events: ({ team }) => ["*", `team:${team}`],
    },
    roles,
  }),
  defineView(model, {
    keys: {
      hosts: ({ team, secret }) => [`team:${team}`, ...(secret === 1 ? ["user:ada"] : [])],
      commands: through("hosts", "host"),
    },
    roles,
  }),
] as const;

function viewsToTry(views: (typeof releases)[number]): GrantedView[] {
  return [
    views.of({ "team:a": "all" }),
    views.of({ "team:a": "guest", "*": "guest" }),
    views.of({ "team:b": "guest", "user:ada": "owner" }),
    views.of({ "user:ada": "all", "team:a": "guest", "team:b": "owner" }),
    views.of({}),
  ];
}

const id = fc.constantFrom("1", "2", "3", "4");
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const hostFields = fc.record(
  {
    team: maybe(fc.constantFrom("a", "b", "c")),
    owner: maybe(fc.constantFrom("ada", "bob")),
    load: maybe(fc.integer({ min: 0, max: 2 })),
    secret: maybe(fc.integer({ min: 0, max: 1 })),
    other: maybe(fc.integer({ min: 0, max: 1 })),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const commandFields = fc.record(
  { host: id, text: fc.integer({ min: 0, max: 2 }) },
  { requiredKeys: [], noNullPrototype: true },
);
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    type: fc.constantFrom("host_added", "host_updated", "host_updated", "host_removed"),
    target: id,
    data: hostFields,
  }),
  fc.record({
    type: fc.constantFrom("command_added", "command_updated", "command_removed"),
    target: id,
    data: commandFields,
  }),
  fc.record({
    type: fc.constantFrom("event", "hidden"),
    target: id,
    data: fc.record({ team: fc.constantFrom("a", "b") }, { noNullPrototype: true }),
  }),
);
const anyStep = fc.oneof(
  { weight: 20, arbitrary: fc.record({ changes: fc.array(anyChange, { minLength: 1, maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.constantFrom(0, 1) }) },
  { weight: 2, arbitrary: fc.constant("fold" as const) },
);

const SECRET = "a secret";
const proofs = new Proofs(SECRET, (secret, text) => `${secret}: ${text}`);

function viewed(space: Space, view: GrantedView): ViewedSpace {
  return new ViewedSpace(space, view, proofs);
}

function open(store: ReturnType<typeof memoryStore>, runtime: VirtualRuntime, views: AnyViews) {
  return StateManager.openWith({ model, store, views: [views], limits: { tombstones: 3, foldMs: 1_000 } }, runtime);
}

function copyOf(state: MutableState): MutableState {
  return Object.fromEntries(Object.entries(state).map(([name, records]) => [name, new Map(records)]));
}

test("[P11] [P12] [V1] [V3] [V4] [V6] [V8] [V9] [V10] [V13] from every position, over restarts and releases, a view's diff leads to what it shows, and tells no more", async () => {
  let resumed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 30 }), async (steps) => {
      const runtime = new VirtualRuntime();
      let store = memoryStore();
      let views: (typeof releases)[number] = releases[0];
      let manager = await open(store, runtime, views);
      const shownAt = new Map<number, ShownThen[]>();
      // Views that live on from one change to the next have found out from where nothing has moved.
      let living = viewsToTry(views).map((view) => viewed(spaceOf(manager.space("main") as SpaceView), view));
      const look = () => {
        const keysOf = keysIn(views, manager.state);
        shownAt.set(
          manager.version,
          viewsToTry(views).map((view) => shownIn(manager.state, view, keysOf)),
        );
        for (const [at, view] of living.entries()) requireDiffs(view, at);
      };
      const requireDiffs = (view: ViewedSpace, at: number) => {
        const { state: now } = (shownAt.get(view.head) as ShownThen[])[at] as ShownThen;
        expect(view.digest()).toBe(digestOf(now));
        expect(view.records).toBe(Object.values(now).reduce((sum, records) => sum + records.size, 0));
        for (const [version, states] of shownAt) {
          if (!view.canDiffFrom(version)) continue;
          resumed += 1;
          const between = [...shownAt].filter(([later]) => later >= version).map(([, all]) => all[at] as ShownThen);
          const diff = view.diffSince(version);
          const state = copyOf((states[at] as ShownThen).state);
          expect(applyDiff(state, structuredClone(diff))).toBe(true);
          expect(state).toEqual(now);
          expect(toldTooMuch(diff, between)).toEqual([]);
        }
      };
      look();
      for (const step of steps) {
        if (step === "fold") await runtime.pass(1_100);
        else if ("restart" in step) {
          store = memoryStore({ data: store.dump() });
          views = releases[step.restart] as (typeof releases)[number];
          manager = await open(store, runtime, views);
          living = viewsToTry(views).map((view) => viewed(spaceOf(manager.space("main") as SpaceView), view));
        } else {
          const done = manager.transact(() => step.changes);
          await runtime.pass(1);
          await done;
        }
        look();
      }
      const space = spaceOf(manager.space("main") as SpaceView);
      for (const [at, view] of viewsToTry(views).entries()) requireDiffs(viewed(space, view), at);
    }),
    { numRuns: 60 },
  );
  expect(resumed).toBeGreaterThan(1_000);
});
