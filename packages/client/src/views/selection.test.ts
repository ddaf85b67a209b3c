import type { AnyState, StateRecord } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { delta, full } from "../machine/machine-rig-suite.ts";
import { Listeners } from "../records/listeners.ts";
import { ReplicaRecords } from "../records/replica-records.ts";
import { TrackedSelection } from "./selection.ts";

/** The records, and those who listen to them, told after every step. */
class Source {
  readonly records = new ReplicaRecords();
  readonly listeners = new Listeners();
  #revision = 0;

  constructor(...hosts: readonly StateRecord[]) {
    this.records.replace(full(1, { hosts }));
    this.tell();
  }

  revision = (): number => this.#revision;

  get state(): AnyState {
    return this.records.state;
  }

  set(id: string, cpu: number): void {
    this.put({ id, cpu });
  }

  put(record: StateRecord): void {
    this.putInto("hosts", record);
  }

  putInto(collection: string, record: StateRecord): void {
    this.records.apply(delta(0, 1, { [collection]: { put: [record] } }) as Parameters<ReplicaRecords["apply"]>[0]);
    this.tell();
  }

  tell(): void {
    const moved = this.records.collectMoved();
    if (moved === null) return;
    this.#revision++;
    for (const listener of this.listeners.concerned(moved)) listener();
    for (const listener of this.listeners.all()) listener();
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

    source.records.replace(full(2, { hosts: ids.map((id) => ({ id, cpu: 1 })) }));
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

describe("a selector that throws", () => {
  const peerOf = ({ hosts }: AnyState) => (hosts?.get(String(hosts.get("a")?.peer)) ?? missing()).id;
  const missing = (): never => {
    throw new TypeError("there is no peer");
  };

  test("is told when what it failed for has come", () => {
    const source = new Source({ id: "a", peer: "b" }, { id: "b" });
    const peer = source.select(peerOf);
    peer.subscribe();

    expect(() => source.put({ id: "a", peer: "c" })).toThrow(TypeError);
    const calls = peer.calls();
    expect(() => peer.selection.current).toThrow(TypeError);
    source.put({ id: "c" });

    expect([calls, peer.calls(), peer.selection.current]).toEqual([0, 1, "c"]);
  });

  test("from the start can be listened to", () => {
    const source = new Source();
    const peer = source.select(peerOf);
    peer.subscribe();
    peer.subscribe();

    expect(() => source.put({ id: "a", peer: "b" })).toThrow(TypeError);
    source.put({ id: "b" });

    expect([peer.calls(), peer.selection.current]).toEqual([2, "b"]);
  });

  test("runs once for one state, however often it is looked at", () => {
    const source = new Source({ id: "a", peer: "b" });
    const peer = source.select(peerOf);

    for (let look = 0; look < 3; look++) expect(() => peer.selection.current).toThrow(TypeError);

    expect(peer.runs()).toBe(1);
  });

  test("and comes to the same value again has nothing to tell", () => {
    const source = new Source({ id: "a", peer: "b" }, { id: "b" });
    const peer = source.select(peerOf);
    peer.subscribe();

    expect(() => source.put({ id: "a", peer: "c" })).toThrow(TypeError);
    source.put({ id: "a", peer: "b" });

    expect([peer.calls(), peer.selection.current]).toEqual([0, "b"]);
  });

  test("one whose comparison throws is no other case", () => {
    const source = new Source({ id: "web-1", cpu: 1 });
    const one = source.select(
      ({ hosts }) => hosts?.get("web-1")?.cpu,
      (_, next) => {
        if (next === 2) throw new Error("not two");
        return false;
      },
    );
    one.subscribe();

    expect(() => source.set("web-1", 2)).toThrow("not two");
    source.set("web-1", 3);

    expect([one.calls(), one.selection.current]).toEqual([1, 3]);
  });
});

describe("those who listen to a selection", () => {
  function listenedTo() {
    const source = new Source({ id: "web-1", cpu: 1 });
    const { selection } = source.select(({ hosts }) => hosts?.get("web-1")?.cpu);
    return { source, selection, told: [] as string[] };
  }
  const failing = (message: string) => () => {
    throw new Error(message);
  };

  test("are told each, whatever the others throw, which comes up once", () => {
    const { source, selection, told } = listenedTo();
    selection.subscribe(failing("mine"));
    selection.subscribe(() => told.push("second"));

    expect(() => source.set("web-1", 2)).toThrow(new Error("mine"));

    expect(told).toEqual(["second"]);
  });

  test("that throw are all heard of", () => {
    const { source, selection } = listenedTo();
    selection.subscribe(failing("first"));
    selection.subscribe(failing("second"));

    expect(() => source.set("web-1", 2)).toThrow(
      expect.objectContaining({ errors: [new Error("first"), new Error("second")] }),
    );
  });

  test("hear nothing more once they have left, and nothing yet when they have only come", () => {
    const { source, selection, told } = listenedTo();
    const leaves: (() => void)[] = [];
    selection.subscribe(() => {
      told.push("first");
      leaves.pop()?.();
      selection.subscribe(() => told.push("new"));
    });
    leaves.push(selection.subscribe(() => told.push("left")));

    source.set("web-1", 2);

    expect(told).toEqual(["first"]);
  });

  test("may leave all while they are told, and come back", () => {
    const { source, selection, told } = listenedTo();
    const leave = selection.subscribe(() => {
      leave();
      selection.subscribe(() => told.push("again"));
    });

    source.set("web-1", 2);
    source.set("web-1", 3);

    expect(told).toEqual(["again"]);
  });
});

describe("what a selection is made of", () => {
  const size = (value: unknown) => (value as { readonly all: ReadonlyMap<string, unknown> }).all.size;

  test.each<[string, (state: AnyState) => unknown]>([
    ["taken twice", (s) => ({ all: s.hosts, one: s.hosts?.get("web-1") })],
    ["taken once", ({ hosts }) => ({ one: hosts?.get("web-1"), all: hosts })],
    ["asked first", (s) => ({ one: s.hosts?.has("web-1"), all: s.hosts })],
    ["in a list in an object", ({ hosts }) => ({ all: hosts, deep: [{ one: hosts?.get("web-1") }] })],
  ])("a whole collection and a record of it, %s", (_, selector) => {
    const source = new Source({ id: "web-1", cpu: 1 });
    const both = source.select(selector);
    both.subscribe();

    source.set("web-2", 1);

    expect([both.calls(), size(both.selection.current)]).toEqual([1, 2]);
  });

  test.each<[string, (state: AnyState) => unknown]>([
    ["size", ({ hosts }) => hosts?.size],
    ["keys", ({ hosts }) => [...(hosts?.keys() ?? [])].join()],
    ["entries", ({ hosts }) => [...(hosts?.entries() ?? [])].length],
    ["iteration", ({ hosts }) => [...(hosts ?? [])].length],
    [
      "forEach",
      ({ hosts }) => {
        let seen = 0;
        hosts?.forEach(() => {
          seen++;
        });
        return seen;
      },
    ],
    ["has", ({ hosts }) => hosts?.has("web-2")],
    ["a collection that is not there yet", ({ nope }) => nope?.get("web-2")?.cpu],
    ["all collections", (s) => Object.values(s).reduce((sum, records) => sum + records.size, 0)],
  ])("%s", (_, selector) => {
    const source = new Source({ id: "web-1", cpu: 1 });
    const one = source.select(selector);
    one.subscribe();

    source.set("web-2", 1);
    source.putInto("nope", { id: "web-2", cpu: 1 });

    expect(one.calls()).toBeGreaterThan(0);
  });

  test.each<[string, (state: AnyState) => unknown]>([
    ["all of them", (s) => Object.values(s).reduce((sum, records) => sum + records.size, 0)],
    ["their names", (s) => Object.keys(s).join()],
    ["whether there is one", (s) => "hosts" in s],
  ])("the collections that come with the first state: %s", (_, selector) => {
    const source = new Source();
    source.records.clear();
    delete (source.records.state as Record<string, unknown>).hosts;
    const one = source.select(selector);
    one.subscribe();

    source.records.replace(full(2, { hosts: [{ id: "web-1" }] }));
    source.tell();

    expect(one.calls()).toBe(1);
  });

  test("another selection", () => {
    const source = new Source({ id: "web-1", cpu: 1 });
    const inner = source.select(({ hosts }) => Number(hosts?.get("web-1")?.cpu));
    const outer = source.select(() => inner.selection.current * 10);
    outer.subscribe();

    source.set("web-1", 2);

    expect([outer.calls(), outer.selection.current]).toEqual([1, 20]);
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

  test.each(["record", "any"])("who leaves while others are told hears nothing more (%s)", (kind) => {
    const listeners = new Listeners();
    const told: string[] = [];
    const listen = (listener: () => void) =>
      kind === "any" ? listeners.onAny(listener) : listeners.onRecord("hosts", "web-1", listener);
    listen(() => leave());
    const leave = listen(() => told.push("left"));

    for (const one of listeners.concerned(new Map([["hosts", ["web-1"]]]))) one();
    for (const one of listeners.all()) one();

    expect(told).toEqual([]);
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
