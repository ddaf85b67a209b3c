import { afterEach, describe, expect, test, vi } from "vitest";
import { FakeEnvironment } from "./environment/fake-environment-suite.ts";
import { browserEnvironment } from "./environment/io/browser.ts";
import { delta, full } from "./machine/machine-rig-suite.ts";
import { Replica } from "./replica.ts";
import { select } from "./views/selection.ts";

interface Host {
  id: string;
  cpu: number;
  tags?: string[];
  os?: { name: string };
}

/** As JavaScript has it, whose compiler warns of nothing. */
type Altered = { hosts: Map<string, Host> };

function followed(freezes: boolean) {
  const io = Object.assign(new FakeEnvironment(), { freezes });
  const sync = new Replica<Altered>({ url: "/sync", io });
  io.socket.open().push(full(1, { hosts: [{ id: "a", cpu: 1, tags: ["x"], os: { name: "debian" } }] }));
  io.socket.push({ type: "sync", version: 1, head: 1, digest: sync.digest() });
  return { io, sync, hosts: sync.state.hosts };
}

const EDITS: [string, (hosts: Map<string, Host>, list: Host[]) => unknown][] = [
  ["a field of a record", (hosts) => Object.assign(hosts.get("a") as Host, { cpu: 2 })],
  ["a list within a record", (hosts) => hosts.get("a")?.tags?.push("y")],
  ["an object within a record", (hosts) => Object.assign(hosts.get("a")?.os ?? {}, { name: "" })],
  ["a list of records", (_, list) => list.pop()],
  ["a list, by one more", (_, list) => list.push({ id: "b", cpu: 1 })],
  ["a collection, by a record more", (hosts) => hosts.set("b", { id: "b", cpu: 1 })],
  ["a collection, by a record less", (hosts) => hosts.delete("a")],
  ["a collection, by all", (hosts) => hosts.clear()],
];

test.each(EDITS)("[P5] a reader that alters %s is stopped outside production", (_, edit) => {
  const { io, sync, hosts } = followed(true);

  expect(() => edit(hosts, sync.list("hosts") as Host[])).toThrow(TypeError);
  io.socket.push(delta(1, 2, { hosts: { set: { a: { cpu: 3 } }, put: [{ id: "b", cpu: 4, tags: ["z"] }] } }));

  expect(() => edit(hosts, sync.list("hosts") as Host[])).toThrow(TypeError);
  expect(hosts.get("a")).toEqual({ id: "a", cpu: 3, tags: ["x"], os: { name: "debian" } });
  expect(() => hosts.get("b")?.tags?.push("edited")).toThrow(TypeError);
  expect([...hosts.keys()]).toEqual(["a", "b"]);
});

test("[P5] what replaces the state, and what is selected from it, is frozen too", () => {
  const { io, sync, hosts } = followed(true);
  const selection = select(sync, (state) => state.hosts.get("c"));

  io.socket.push(full(5, { hosts: [{ id: "c", cpu: 1, tags: [] }] }));

  expect(() => selection.current?.tags?.push("x")).toThrow(TypeError);
  expect([...hosts.keys()]).toEqual(["c"]);
  sync.signOut();
  expect(hosts.size).toBe(0);
});

test.each([true, false])(
  "[P5] a collection stays where it is in the state, also before there is one (freezes: %s)",
  (freezes) => {
    const io = Object.assign(new FakeEnvironment(), { freezes });
    const sync = new Replica<Altered>({ url: "/sync", io });

    expect(() => sync.state.hosts.set("a", { id: "a", cpu: 1 })).toThrow(TypeError);
    expect(() => Object.assign(sync.state, { hosts: new Map() })).toThrow(TypeError);
    expect(() => Reflect.deleteProperty(sync.state, "hosts") || expect.fail("it stays")).toThrow();
    expect(sync.state.hosts.size).toBe(0);
  },
);

test("in production nothing is frozen: speed", () => {
  const { sync, hosts } = followed(false);

  expect([hosts.get("a"), hosts.get("a")?.tags, sync.list("hosts")].map(Object.isFrozen)).toEqual([
    false,
    false,
    false,
  ]);
});

describe("a page or a program", () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    ["production", false],
    ["development", true],
    ["test", true],
    [undefined, true],
  ])("with NODE_ENV %s freezes what readers get: %s", (name, freezes) => {
    vi.stubEnv("NODE_ENV", name);

    expect(browserEnvironment().freezes).toBe(freezes);
  });

  test("without a word of it, as an unbundled page, freezes too", () => {
    vi.stubGlobal("process", undefined);

    const { freezes } = browserEnvironment();
    vi.unstubAllGlobals();

    expect(freezes).toBe(true);
  });
});
