import type { AnyState, StateRecord } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { Listeners } from "./listeners.ts";
import { Replica } from "./replica.ts";
import { TrackedSelection } from "./selection.ts";
import { delta, full } from "./stepper-suite.ts";

/** The records, and those who listen to them, told after every step. */
class Source {
  readonly replica = new Replica();
  readonly listeners = new Listeners();
  #revision = 0;

  constructor(...hosts: readonly StateRecord[]) {
    this.replica.replace(full(1, { hosts }));
    this.tell();
  }

  revision = (): number => this.#revision;

  get state(): AnyState {
    return this.replica.state;
  }

  set(id: string, cpu: number): void {
    this.replica.apply(delta(0, 1, { hosts: { put: [{ id, cpu }] } }) as Parameters<Replica["apply"]>[0]);
    this.tell();
  }

  tell(): void {
    const moved = this.replica.takeMoved();
    if (moved === null) return;
    this.#revision++;
    for (const listener of this.listeners.concerned(moved)) listener();
  }

  select<T>(selector: (state: AnyState) => T, isEqual: (a: T, b: T) => boolean = Object.is) {
    let runs = 0;
    let calls = 0;
    const counted = (state: AnyState): T => {
      runs++;
      return selector(state);
    };
    const selection = new TrackedSelection(this, counted, isEqual);
    const subscribe = () => selection.subscribe(() => calls++);
    return { selection, subscribe, runs: () => runs, calls: () => calls };
  }
}

describe("a selection", () => {
  test("runs again only when a record that it looked up has moved", () => {
    const source = new Source({ id: "web-1", cpu: 1 }, { id: "web-2", cpu: 2 });
    const one = source.select(({ hosts }) => hosts?.get("web-1")?.cpu);
    one.subscribe();
    const before = one.runs();

    source.set("web-2", 7);
    const other = one.runs();
    source.set("web-1", 7);

    expect([other - before, one.runs() - before, one.calls()]).toEqual([0, 1, 1]);
    expect(one.selection.current).toBe(7);
  });

  test("runs once for all that moved together", () => {
    const ids = Array.from({ length: 50 }, (_, n) => `web-${n}`);
    const source = new Source(...ids.map((id) => ({ id, cpu: 0 })));
    const all = source.select(({ hosts }) => ids.reduce((sum, id) => sum + Number(hosts?.get(id)?.cpu), 0));
    all.subscribe();
    const before = all.runs();

    source.replica.replace(full(2, { hosts: ids.map((id) => ({ id, cpu: 1 })) }));
    source.tell();

    expect([all.selection.current, all.runs() - before, all.calls()]).toEqual([50, 1, 1]);
  });

  test("tells those who wait for it also when somebody was quicker to look", () => {
    const source = new Source({ id: "web-1", cpu: 1 });
    const one = source.select(({ hosts }) => hosts?.get("web-1")?.cpu);
    source.listeners.onRecord("hosts", "web-1", () => one.selection.current);
    one.subscribe();

    source.set("web-1", 7);

    expect([one.selection.current, one.calls()]).toEqual([7, 1]);
  });

  test("is told of a record that comes into being", () => {
    const source = new Source();
    const one = source.select(({ hosts }) => hosts?.has("web-1"));
    one.subscribe();

    source.set("web-1", 1);

    expect([one.selection.current, one.calls()]).toEqual([true, 1]);
  });

  test("that goes through a collection runs again whenever that one moves", () => {
    const source = new Source({ id: "web-1", cpu: 60 });
    const busy = source.select(
      ({ hosts }) => [...(hosts?.values() ?? [])].filter(({ cpu }) => Number(cpu) > 50).length,
    );
    busy.subscribe();

    source.set("web-2", 70);
    source.set("web-3", 10);

    expect([busy.selection.current, busy.calls()]).toEqual([2, 1]);
  });

  test("that hands out the collection itself is told of every move in it", () => {
    const source = new Source();
    const whole = source.select(({ hosts }) => hosts);
    whole.subscribe();

    source.set("web-1", 1);

    expect(whole.calls()).toBe(1);
    expect([...(whole.selection.current?.keys() ?? [])]).toEqual(["web-1"]);
  });

  test("follows what it reads when that changes", () => {
    const source = new Source({ id: "web-1", cpu: 2 }, { id: "web-2", cpu: 20 }, { id: "web-3", cpu: 30 });
    const through = source.select(({ hosts }) => hosts?.get(`web-${hosts.get("web-1")?.cpu}`)?.cpu);
    through.subscribe();

    source.set("web-1", 3);
    source.set("web-2", 21);
    source.set("web-3", 31);

    expect([through.selection.current, through.calls()]).toEqual([31, 2]);
  });

  test("keeps the identity of an equal value", () => {
    const source = new Source({ id: "web-1", cpu: 1 });
    const sameList = (a: readonly unknown[], b: readonly unknown[]) => a.join() === b.join();
    const ids = source.select(({ hosts }) => [...(hosts?.keys() ?? [])], sameList);
    ids.subscribe();
    const before = ids.selection.current;

    source.set("web-1", 2);

    expect(ids.selection.current).toBe(before);
    expect(ids.calls()).toBe(0);
  });

  test("is current without anyone who listens, and after the last one left", () => {
    const source = new Source({ id: "web-1", cpu: 1 });
    const one = source.select(({ hosts }) => hosts?.get("web-1")?.cpu);
    const seen = [one.selection.current];
    const leave = one.subscribe();
    leave();

    source.set("web-1", 2);
    seen.push(one.selection.current);
    const runs = one.runs();
    seen.push(one.selection.current);

    expect(seen).toEqual([1, 2, 2]);
    expect([one.calls(), one.runs()]).toEqual([0, runs]);
  });
});

describe("listeners", () => {
  test.each(["record", "any"])("the same function twice is two subscriptions, each ended by itself (%s)", (kind) => {
    const listeners = new Listeners();
    let calls = 0;
    const listener = () => calls++;
    const listen = () => (kind === "any" ? listeners.onAny(listener) : listeners.onRecord("hosts", "web-1", listener));
    const tell = () => {
      for (const one of listeners.concerned(new Map([["hosts", ["web-1"]]]))) one();
      for (const one of listeners.all()) one();
    };
    const first = listen();
    listen();

    tell();
    first();
    first();
    tell();

    expect(calls).toBe(3);
  });

  test("only those of what moved are concerned", () => {
    const listeners = new Listeners();
    const told: string[] = [];
    listeners.onRecord("hosts", "web-1", () => told.push("record"));
    listeners.onRecord("hosts", "web-2", () => told.push("other record"));
    listeners.onCollection("hosts", () => told.push("collection"));
    listeners.onCollection("events", () => told.push("other collection"));

    for (const one of listeners.concerned(new Map([["hosts", ["web-1"]]]))) one();

    expect(told.sort()).toEqual(["collection", "record"]);
  });
});
