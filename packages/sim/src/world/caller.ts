/** A caller makes one call that is judged by rule A12. */

import { type AnyState, type JsonValue, type StateRecord, SyncError } from "@neverstale/protocol";
import type { Applied } from "@neverstale/server";
import type { OpenCall } from "../checks/calls/calls.ts";
import type { Input, Operation } from "../checks/calls/linearizable.ts";
import type { Deed } from "../plan/deeds.ts";
import type { Random } from "../plan/random.ts";
import type { Incarnation } from "./incarnation.ts";
import type { World } from "./world.ts";

/**
 * The call may be lost or doubled on its way to the authority or back. One that has a key is repeated until it is
 * answered.
 */
export function call(world: World, deed: CallDeed, chance: Random): void {
  const { calls } = world;
  const object = `${deed.what === "add" || deed.what === "count" ? "counter" : "register"}-${deed.object}-${calls.generation}`;
  if (deed.what === "add") return repeat(world, deed, { object, do: "add", key: newKey(world) }, chance, []);
  const input: Input = deed.what === "swap" ? { object, do: "swap", value: world.newId() } : { object, do: deed.what };
  const open = calls.begin(deed.caller, input);
  send(world, deed, input, { open, first: open.operation }, chance);
}

export type CallDeed = Extract<Deed, { do: "call" }>;

/** A caller waits so long for an answer before it takes it for lost. */
const ANSWER_MS = 1_500;
/** A call under a key is tried so often. */
const MOST_TRIES = 5;
/** These codes say that nothing was stored. */
const DID_NOTHING: readonly string[] = [
  "store_unavailable",
  "shutting_down",
  "too_many_requests",
  "invalid_change",
  "key_expired",
];

/** The key says when it was made. So a repeat after its answer was dropped is refused, and not done again (rule D1). */
function newKey(world: World): string {
  return `${world.newId()}@${world.wallTime()}`;
}

/** It calls under one key until it is answered. Each try is a call of its own. Together they take effect at most once. */
function repeat(world: World, deed: CallDeed, input: Input, chance: Random, before: readonly Operation[]): void {
  const { calls } = world;
  const { generation } = calls;
  const open = calls.begin(deed.caller, input);
  const { starts } = world.authority;
  const tries = [...before, open.operation];
  send(world, deed, input, { open, first: tries[0] as Operation }, chance);
  world.clock.after(ANSWER_MS, () => {
    const isOver = tries.length === MOST_TRIES || calls.generation !== generation;
    if (open.operation.answeredAt !== null || isOver) return;
    world.counters.add("calls_repeated");
    if (world.authority.starts > starts) world.counters.add("calls_repeated_after_crash");
    repeat(world, deed, input, chance, tries);
  });
}

/** This is one try, with the first one under its key, which may be the one that took effect. */
interface Try {
  readonly open: OpenCall;
  readonly first: Operation;
}

function send(world: World, deed: CallDeed, input: Input, { open, first }: Try, chance: Random): void {
  const { fate } = deed;
  const transit = () => chance.int(0, deed.latencyMs);
  const arrive = (process: Incarnation | null) => {
    if (process === null) return;
    carryOut(process, input).then(
      ({ output, applied }) => {
        if (!process.alive || fate === "answer_lost") return;
        world.clock.after(transit(), () => {
          const isTaken = open.answered(output);
          if (isTaken && applied !== null && deed.reader !== undefined) readOwn(world, deed.reader, applied, first);
        });
      },
      (error: unknown) => {
        const isKnown = error instanceof SyncError && DID_NOTHING.includes(error.code);
        if (isKnown && process.alive && fate !== "doubled") open.refused();
      },
    );
  };
  if (fate !== "request_lost") world.clock.after(transit(), () => arrive(world.authority.process));
  if (fate === "doubled" && input.do === "add") {
    world.clock.after(transit() + chance.int(0, 8_000), () => arrive(world.authority.process));
  }
}

interface CallOutcome {
  readonly output: JsonValue;
  readonly applied: Applied | null;
}

async function carryOut(process: Incarnation, input: Input): Promise<CallOutcome> {
  const { manager } = process;
  if (manager === null) throw new SyncError("shutting_down", "the process does not serve yet");
  if (input.do === "read" || input.do === "count") {
    return { output: valueIn(input, registerIn(manager.state, input.object)), applied: null };
  }
  if (input.do === "add") return add(process, input.object, input.key);
  const { object, value } = input;
  let before: JsonValue = null;
  const applied = await process.transact((state) => {
    before = valueIn({ object, do: "read" }, registerIn(state, object));
    return [{ type: "register_set", target: object, data: { value } }];
  });
  return { output: before, applied };
}

async function add(process: Incarnation, object: string, name: string): Promise<CallOutcome> {
  const key = `${object} ${name}`;
  const decide = (state: AnyState) => {
    const count = (valueIn({ object, do: "count" }, registerIn(state, object)) as number) + 1;
    return { changes: [{ type: "register_set", target: object, data: { value: count, key } }], answer: count };
  };
  const applied = await process.transact(decide, {
    key: { id: key, bodyHash: "add", owner: "callers", madeAt: Number(key.slice(key.indexOf("@") + 1)) },
  });
  return { output: applied.answer, applied };
}

function registerIn(state: AnyState, object: string): StateRecord | undefined {
  return state.registers?.get(object);
}

/** It returns what stands in a record that may not be there yet. */
function valueIn(input: Input, record: StateRecord | undefined): JsonValue {
  return record?.value ?? (input.do === "count" ? 0 : null);
}

/**
 * Whoever was answered waits until a replica has got there, and reads what it shows. Its own call is in it, and nothing
 * that was overwritten before that.
 */
function readOwn(world: World, reader: string, { epoch, version }: Applied, own: Operation): void {
  const tab = world.tabs.get(reader);
  const { generation } = world.calls;
  if (tab === undefined || tab.config.space !== "main") return;
  tab.driver.reached({ epoch, version }).then(
    () => {
      if (world.calls.generation !== generation || tab.wrong !== null || tab.environment.asleep) return;
      const { object } = own.input;
      const input: Input = { object, do: own.input.do === "add" ? "count" : "read" };
      const read = world.calls.begin(reader, input, own);
      read.answered(valueIn(input, registerIn(tab.driver.state, object)));
      world.counters.add("reads_own");
    },
    () => {},
  );
}

/** At the end each object is read once more, so that a loss is seen that nobody was looking at. */
export async function readAll(world: World, objects: number): Promise<void> {
  for (let object = 0; object < objects; object += 1) {
    for (const what of ["read", "count"] as const) {
      const deed: CallDeed = { do: "call", caller: "the last reader", what, object, fate: "answered", latencyMs: 0 };
      call(world, deed, world.random.fork("the last reader"));
    }
  }
  await world.pass(100);
}
