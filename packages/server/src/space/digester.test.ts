import { collection, defineModel, put } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import { StateManager } from "../authority/state-manager.ts";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../store/memory.ts";
import { type SpaceView, spaceOf } from "./space-view.ts";

const model = defineModel({ model: 1, collections: { hosts: collection() }, changes: { host_added: put("hosts") } });

let runtime: VirtualRuntime;
let manager: StateManager<typeof model>;

beforeEach(async () => {
  runtime = new VirtualRuntime();
  manager = await StateManager.openWith({ model, store: memoryStore() }, runtime);
});

const added = (n: number) => ({ type: "host_added", target: `web-${n}`, data: { n } }) as const;
const isUpToDate = () => spaceOf(manager.space("main") as SpaceView).sumSome(0);

test("[G2] in a quiet moment the digest is brought up to date", async () => {
  const loaded = manager.transact(() => Array.from({ length: 1_000 }, (_, n) => added(n)));
  await runtime.pass(20);
  await loaded;
  expect(isUpToDate()).toBe(false);

  await runtime.pass(100);

  expect(isUpToDate()).toBe(true);
});

test("[G2] while changes keep coming it waits for who asks", async () => {
  for (let n = 0; n < 20; n += 1) {
    void manager.apply(added(n));
    await runtime.pass(20);
  }

  expect(isUpToDate()).toBe(false);
  const asked = manager.capture().digest;
  expect(isUpToDate()).toBe(true);
  expect(manager.capture().digest).toBe(asked);
});
