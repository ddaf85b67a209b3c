/** The search for an order of calls that explains every answer (rule A12). */

import type { JsonValue } from "@neverstale/protocol";

/**
 * It gives every call one moment between its being called and its being answered, so that one after the other they would
 * have been answered as they were (Herlihy and Wing; the search is that of Wing and Gong, with the memory of Lowe). It
 * returns what can't be explained, or null. Objects are looked at one by one, because a history is linearizable when that
 * of each object is.
 */
export function notLinearizable(history: readonly Operation[], mostSteps: number = MOST_STEPS): string | null {
  for (const [object, operations] of Map.groupBy(history, ({ input }) => input.object)) {
    const wrong = new Search(operations, mostSteps).run();
    if (wrong !== null) return `${object}: ${wrong}`;
  }
  return null;
}

/**
 * A call asks for this. A register is a record that one call at a time replaces, and `swap` tells what stood there
 * before. `add` raises a counter under an idempotency key and tells the new count. Under a key that was used before it
 * does nothing, and tells what it told then.
 */
export type Input =
  | { readonly object: string; readonly do: "read" }
  | { readonly object: string; readonly do: "count" }
  | { readonly object: string; readonly do: "write"; readonly value: JsonValue }
  | { readonly object: string; readonly do: "swap"; readonly value: JsonValue }
  | { readonly object: string; readonly do: "add"; readonly key: string };

/** An operation is one call at one client. All clients share the clock of `calledAt` and `answeredAt`. */
export interface Operation {
  readonly client: string;
  readonly input: Input;
  readonly calledAt: number;
  /** It is null when no answer ever came. The call may then take effect at any later time, or never. */
  readonly answeredAt: number | null;
  /** The answer to a `write` doesn't count. */
  readonly output: JsonValue;
  /** This one sees the effect of that call, though it counts from as early on. */
  readonly sees?: Operation | undefined;
}

/** Nobody could read a history either that can't be decided within so many steps. */
const MOST_STEPS = 500_000;

/** This is the value of a register, or the count of a counter with what was told under each key. */
interface ObjectState {
  readonly value: JsonValue;
  readonly told: ReadonlyMap<string, number>;
}

const EMPTY: ObjectState = { value: null, told: new Map() };

/** It returns the object after a call that is answered like this, or null when it would be answered otherwise. */
function after(state: ObjectState, { input, sees }: Operation, answer: JsonValue | undefined): ObjectState | null {
  if (sees?.input.do === "add" && !state.told.has(sees.input.key)) return null;
  const told = input.do === "add" ? state.told.get(input.key) : undefined;
  const count = typeof state.value === "number" ? state.value : 0;
  const answers = { read: state.value, write: answer ?? null, swap: state.value, count, add: told ?? count + 1 };
  if (answer !== undefined && !isSame(answer, answers[input.do])) return null;
  if (input.do === "write" || input.do === "swap") return { ...state, value: input.value };
  if (input.do !== "add" || told !== undefined) return state;
  return { value: count + 1, told: new Map(state.told).set(input.key, count + 1) };
}

interface Node {
  readonly state: ObjectState;
  readonly done: bigint;
  readonly count: number;
}

class Search {
  /** They stand in the order of their calls. */
  readonly #operations: readonly Operation[];
  /** Each is answered like this, or would have been, as far as that is known. */
  readonly #answers: readonly (JsonValue | undefined)[];
  /** A call without an answer may be like an earlier one in all that can be seen. Then that one goes first. */
  readonly #twinBefore: readonly (number | null)[];
  /** Each one sees the effect of the call at this index. */
  readonly #seenIndex: readonly number[];
  readonly #answered: bigint;
  readonly #mostSteps: number;
  readonly #seen = new Set<string>();

  constructor(operations: readonly Operation[], mostSteps: number) {
    this.#mostSteps = mostSteps;
    this.#operations = thoseThatCount([...operations].sort((a, b) => a.calledAt - b.calledAt));
    this.#answers = this.#operations.map((operation) => answerOf(operation, operations));
    this.#twinBefore = twinsBefore(this.#operations, this.#answers);
    this.#seenIndex = this.#operations.map(({ sees }) => (sees === undefined ? -1 : this.#operations.indexOf(sees)));
    this.#answered = this.#operations.reduce((mask, one, index) => (isAnswered(one) ? mask | bit(index) : mask), 0n);
  }

  run(): string | null {
    const stack: Node[] = [{ state: EMPTY, done: 0n, count: 0 }];
    let deepest = stack[0] as Node;
    for (let steps = 0; ; steps += 1) {
      const node = stack.pop();
      if (node === undefined) return this.#explain(deepest);
      if ((node.done & this.#answered) === this.#answered) return null;
      if (steps > this.#mostSteps) return `undecided after ${steps} steps`;
      if (node.count > deepest.count) deepest = node;
      for (const next of this.#next(node)) if (this.#isNew(next)) stack.push(next);
    }
  }

  /** It returns what may come next. The last one is tried first, and that is the one that is answered first. */
  #next({ state, done, count }: Node): Node[] {
    const nodes: Node[] = [];
    for (const index of this.#candidates(done)) {
      const next = after(state, this.#operations[index] as Operation, this.#answers[index]);
      if (next === null) continue;
      const node = { state: next, done: done | bit(index), count: count + 1 };
      if (next === state) return [node]; // It changes nothing, so that letting it wait would help nobody.
      nodes.push(node);
    }
    return nodes.reverse();
  }

  /**
   * It returns those that were called before the first of all that are left was answered, in the order of their
   * answers.
   */
  #candidates(done: bigint): number[] {
    const left: number[] = [];
    let firstAnswer = Number.POSITIVE_INFINITY;
    for (const [index, operation] of this.#operations.entries()) {
      if (operation.calledAt > firstAnswer) break;
      if ((done & bit(index)) !== 0n) continue;
      left.push(index);
      firstAnswer = Math.min(firstAnswer, endOf(operation));
    }
    return left
      .filter((index) => this.#isFree(index, firstAnswer, done))
      .sort((a, b) => endOf(this.#operations[a] as Operation) - endOf(this.#operations[b] as Operation));
  }

  #isFree(index: number, firstAnswer: number, done: bigint): boolean {
    const { calledAt, sees } = this.#operations[index] as Operation;
    const twin = this.#twinBefore[index] ?? -1;
    // Any call under a key may have been the one that took effect.
    const seen = sees?.input.do === "add" ? -1 : (this.#seenIndex[index] ?? -1);
    return calledAt < firstAnswer && [twin, seen].every((before) => before < 0 || (done & bit(before)) !== 0n);
  }

  #isNew({ state, done }: Node): boolean {
    const key = `${done.toString(36)} ${JSON.stringify([state.value, [...state.told]])}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  /** It tells who must come next in the longest order that was found, and can't. */
  #explain({ done, count, state }: Node): string {
    const left = this.#operations.filter((operation, index) => isAnswered(operation) && (done & bit(index)) === 0n);
    const first = left.reduce((a, b) => (endOf(b) < endOf(a) ? b : a));
    const { client, input, output, calledAt, answeredAt } = first;
    const said = `${client} called ${JSON.stringify(input)} at ${calledAt} and was told ${JSON.stringify(output)} at ${answeredAt}`;
    return `${count} calls can be put in order, which leads to ${JSON.stringify(state.value)}; then ${said}`;
  }
}

function isAnswered({ answeredAt }: Operation): boolean {
  return answeredAt !== null;
}

function endOf({ answeredAt }: Operation): number {
  return answeredAt ?? Number.POSITIVE_INFINITY;
}

/** Calls that were never answered and explain nothing are left out, because the search would try them at every place. */
function thoseThatCount(operations: readonly Operation[]): readonly Operation[] {
  const seen = new Set<string>();
  for (const { input, output, answeredAt } of operations)
    if (answeredAt !== null && input.do !== "write") seen.add(JSON.stringify(output));
  const keys = new Set<string>();
  return operations.filter((operation) => isAnswered(operation) || mayBeSeen(operation.input, seen, keys));
}

/** The first call without an answer under a key can do whatever a later one could. */
function mayBeSeen(input: Input, seen: ReadonlySet<string>, keys: Set<string>): boolean {
  if (input.do === "read" || input.do === "count") return false;
  if (input.do !== "add") return seen.has(JSON.stringify(input.value));
  const isFirst = !keys.has(input.key);
  keys.add(input.key);
  return isFirst;
}

/** A repeat is told the same as the first call under its key, so that what one of them is told holds for all. */
function answerOf(operation: Operation, operations: readonly Operation[]): JsonValue | undefined {
  if (isAnswered(operation)) return operation.output;
  const { input } = operation;
  if (input.do !== "add") return undefined;
  return operations.find((other) => {
    return isAnswered(other) && other.input.do === "add" && other.input.key === input.key;
  })?.output;
}

function twinsBefore(operations: readonly Operation[], answers: readonly unknown[]): (number | null)[] {
  let last: number | null = null;
  return operations.map((operation, index) => {
    if (operation.input.do !== "add" || answers[index] !== undefined) return null;
    const before = last;
    last = index;
    return before;
  });
}

function bit(index: number): bigint {
  return 1n << BigInt(index);
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
