// @vitest-environment jsdom
import { type ConnectionEvents, type Environment, type HttpRequest, Replica } from "@neverstale/client";
import { collection, defineModel, digestOf, put, type StateOf } from "@neverstale/protocol";
import { act, memo, type ReactNode, StrictMode, useState } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { createSyncHooks, SyncProvider, useRecord as useAnyRecord } from "./index.ts";

const fleet = defineModel({
  model: 1,
  collections: {
    hosts: collection<{ readonly id: string; readonly cpu: number }>(),
    events: collection<{ readonly id: string }>(),
  },
  changes: { host_added: put("hosts"), event: put("events") },
});

type Fleet = StateOf<typeof fleet>;

const { useRecord, useCollection, useSelection, useSync, useRequests } = createSyncHooks<Fleet>();

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

/** A replica whose authority is the test. */
class Connection {
  readonly requests: HttpRequest[] = [];
  readonly sync: Replica<Fleet>;
  #events: ConnectionEvents | null = null;

  constructor() {
    const io: Environment = {
      now: () => 0,
      wallTime: () => 1_700_000_000_000,
      chance: () => 0.5,
      newId: () => "key",
      freezes: true,
      after: () => ({ cancel: () => {} }),
      baseUrl: "http://fleet.test/",
      openSocket: (_url, _protocols, events) => {
        this.#events = events;
        return { send: () => {}, close: () => {} };
      },
      request: async (request) => {
        this.requests.push(request);
        return { status: 202, retryAfter: null, text: '{"commands":[],"epoch":"e1","version":1}' };
      },
      inflate: () => "",
      watch: () => () => {},
    };
    this.sync = new Replica<Fleet>({ url: "/sync", io });
    this.#events?.opened();
  }

  full(version: number, hosts: readonly { id: string; cpu: number }[]): void {
    const facts = { epoch: "e1", space: "c1", model: 1, beaconMs: 30_000, lineage: [], digest: "0".repeat(16) };
    this.push({ type: "init", version, ...facts, payload: { hosts, events: [] } });
    this.push({ type: "sync", version, head: version, digest: this.sync.digest() });
  }

  delta(from: number, payload: object): void {
    this.push({ type: "delta", from, version: from + 1, payload });
  }

  close(code: number): void {
    act(() => this.#events?.closed(code));
  }

  push(message: object): void {
    act(() => this.#events?.received(JSON.stringify(message)));
  }
}

let container: HTMLElement;
let root: Root;
let connection: Connection;

beforeEach(() => {
  container = document.createElement("div");
  root = createRoot(container);
  connection = new Connection();
});

afterEach(() => act(() => root.unmount()));

function show(...children: readonly ReactNode[]): void {
  act(() => root.render(<SyncProvider sync={connection.sync}>{...children}</SyncProvider>));
}

/** Counts the renders of what it wraps. */
function counted<P extends object>(Component: (props: P) => ReactNode) {
  const counter = { renders: 0 };
  const Counted = memo((props: P) => {
    counter.renders++;
    return Component(props);
  });
  return Object.assign(counter, { Counted });
}

describe("useRecord", () => {
  function HostCpu({ id }: { readonly id: string }): ReactNode {
    const host = useRecord("hosts", id);
    return <p>{host === undefined ? `no ${id}` : `${host.id}: ${host.cpu}`}</p>;
  }

  test("shows the record, and renders again only when that record has changed", () => {
    connection.full(1, [
      { id: "web-1", cpu: 1 },
      { id: "web-2", cpu: 2 },
    ]);
    const one = counted(HostCpu);
    show(<one.Counted key="1" id="web-1" />);

    connection.delta(1, { hosts: { set: { "web-2": { cpu: 20 } } } });
    connection.delta(2, { events: { put: [{ id: "1" }] } });
    const others = one.renders;
    connection.delta(3, { hosts: { set: { "web-1": { cpu: 10 } } } });

    expect([others, one.renders]).toEqual([1, 2]);
    expect(container.textContent).toBe("web-1: 10");
  });

  test("follows the record that is asked for, through its coming and going", () => {
    connection.full(1, [{ id: "web-1", cpu: 1 }]);
    let show2 = (): void => {};
    function Chosen(): ReactNode {
      const [id, setId] = useState("web-1");
      show2 = () => setId("web-2");
      return <HostCpu id={id} />;
    }
    show(<Chosen key="1" />);
    act(() => show2());
    const missing = container.textContent;

    connection.delta(1, { hosts: { put: [{ id: "web-2", cpu: 2 }] } });
    const there = container.textContent;
    connection.delta(2, { hosts: { remove: ["web-2"] } });

    expect([missing, there, container.textContent]).toEqual(["no web-2", "web-2: 2", "no web-2"]);
  });

  test("before the first state there is none", () => {
    show(<HostCpu key="1" id="web-1" />);

    expect(container.textContent).toBe("no web-1");
  });

  test("without types of its own it takes any collection", () => {
    connection.full(1, [{ id: "web-1", cpu: 1 }]);
    function Plain(): ReactNode {
      return <p>{String(useAnyRecord("hosts", "web-1")?.cpu)}</p>;
    }
    show(<Plain key="1" />);

    expect(container.textContent).toBe("1");
  });
});

describe("useCollection", () => {
  const busy = (host: { readonly cpu: number }): boolean => host.cpu > 50;
  const byCpu = (a: { readonly cpu: number }, b: { readonly cpu: number }): number => b.cpu - a.cpu;

  test("shows its records, and renders again only when one of them moves", () => {
    connection.full(1, [{ id: "web-1", cpu: 1 }]);
    const all = counted(() => (
      <p>
        {useCollection("hosts")
          .map(({ id }) => id)
          .join()}
      </p>
    ));
    show(<all.Counted key="1" />);

    connection.delta(1, { events: { put: [{ id: "1" }] } });
    const others = all.renders;
    connection.delta(2, { hosts: { put: [{ id: "web-2", cpu: 2 }] } });

    expect([others, all.renders, container.textContent]).toEqual([1, 2, "web-1,web-2"]);
  });

  test("filtered and sorted, it renders again only when something in it is another", () => {
    connection.full(1, [
      { id: "web-1", cpu: 60 },
      { id: "web-2", cpu: 90 },
      { id: "web-3", cpu: 10 },
    ]);
    const some = counted(() => (
      <p>
        {useCollection("hosts", { filter: busy, sort: byCpu })
          .map(({ id }) => id)
          .join()}
      </p>
    ));
    show(<some.Counted key="1" />);
    const first = container.textContent;

    connection.delta(1, { hosts: { set: { "web-3": { cpu: 11 } } } });
    const idle = some.renders;
    connection.delta(2, { hosts: { set: { "web-3": { cpu: 99 } } } });

    expect([first, idle, some.renders, container.textContent]).toEqual(["web-2,web-1", 1, 2, "web-3,web-2,web-1"]);
  });

  test("[P5] an arranged list is frozen where the replica's own lists are", () => {
    connection.full(1, [
      { id: "web-1", cpu: 60 },
      { id: "web-2", cpu: 90 },
    ]);
    const given: unknown[] = [];
    const All = () => {
      given.push(useCollection("hosts", { sort: byCpu }), useCollection("hosts", { filter: busy }));
      return null;
    };

    show(<All key="1" />);

    expect(given.map(Object.isFrozen)).toEqual([true, true]);
  });

  test("one frame that moves many records is one render", () => {
    connection.full(1, []);
    const all = counted(() => <p>{useCollection("hosts").length}</p>);
    show(<all.Counted key="1" />);

    connection.delta(1, { hosts: { put: Array.from({ length: 50 }, (_, n) => ({ id: `web-${n}`, cpu: n })) } });

    expect([all.renders, container.textContent]).toEqual([2, "50"]);
  });
});

describe("useSelection", () => {
  const hottest = ({ hosts }: Fleet): number => Math.max(0, ...[...hosts.values()].map(({ cpu }) => cpu));

  test("renders again only when the value is another", () => {
    connection.full(1, [{ id: "web-1", cpu: 5 }]);
    const heat = counted(() => <p>{useSelection(hottest)}</p>);
    show(<heat.Counted key="1" />);

    connection.delta(1, { hosts: { put: [{ id: "web-2", cpu: 3 }] } });
    const same = heat.renders;
    connection.delta(2, { hosts: { put: [{ id: "web-3", cpu: 7 }] } });

    expect([same, heat.renders, container.textContent]).toEqual([1, 2, "7"]);
  });

  const busyIds = ({ hosts }: Fleet) => [...hosts.values()].filter(({ cpu }) => cpu > 50).map(({ id }) => id);
  const selectors: [string, () => (state: Fleet) => unknown][] = [
    ["stable, a new list", () => busyIds],
    ["inline, a new list", () => (state) => busyIds(state)],
    ["inline, a new object", () => (state) => ({ ids: busyIds(state), first: { id: busyIds(state)[0] } })],
    [
      "inline, records",
      () =>
        ({ hosts }) =>
          [...hosts.values()].filter(({ cpu }) => cpu > 50),
    ],
    [
      "inline, a collection",
      () =>
        ({ hosts }) => ({ hosts }),
    ],
  ];

  test.each(selectors)("renders once at mount, also where each run makes something new (%s)", (_, make) => {
    connection.full(1, [{ id: "web-1", cpu: 60 }]);
    const busy = counted(() => <p>{JSON.stringify(useSelection(make()))}</p>);

    show(<busy.Counted key="1" />);

    expect(busy.renders).toBe(1);
  });

  test.each(selectors.slice(0, 3))("renders again only when it holds something else (%s)", (_, make) => {
    connection.full(1, [{ id: "web-1", cpu: 60 }]);
    const busy = counted(() => <p>{JSON.stringify(useSelection(make()))}</p>);
    show(<busy.Counted key="1" />);

    connection.delta(1, { hosts: { put: [{ id: "web-1", cpu: 61 }] } });
    connection.delta(2, { hosts: { put: [{ id: "web-2", cpu: 3 }] } });
    const same = busy.renders;
    connection.delta(3, { hosts: { put: [{ id: "web-3", cpu: 70 }] } });

    expect([same, busy.renders]).toEqual([1, 2]);
    expect(container.textContent).toContain("web-3");
  });

  test("under StrictMode and re-rendered by its parent it is right, and ends", () => {
    connection.full(1, [{ id: "web-1", cpu: 60 }]);
    const Busy = (): ReactNode => <p>{useSelection((state) => busyIds(state)).join()}</p>;
    const strict = () => (
      <StrictMode key="1">
        <Busy />
      </StrictMode>
    );
    show(strict());
    show(strict());

    connection.delta(1, { hosts: { put: [{ id: "web-2", cpu: 70 }] } });

    expect(container.textContent).toBe("web-1,web-2");
  });

  test("`isEqual` has the last word", () => {
    connection.full(1, [{ id: "web-1", cpu: 60 }]);
    const busy = counted(() => <p>{useSelection(busyIds, () => true).join()}</p>);
    show(<busy.Counted key="1" />);

    connection.delta(1, { hosts: { put: [{ id: "web-2", cpu: 70 }] } });

    expect([busy.renders, container.textContent]).toEqual([1, "web-1"]);
  });
});

describe("useSync", () => {
  test("a selector may make a new object each time", () => {
    connection.full(1, []);
    const facts = counted(() => (
      <p>{JSON.stringify(useSync(({ status, epoch }) => ({ word: status.type, epoch })))}</p>
    ));
    show(<facts.Counted key="1" />);

    connection.delta(1, { hosts: { put: [{ id: "web-1", cpu: 1 }] } });
    const moved = facts.renders;
    connection.close(4401);

    expect([moved, facts.renders]).toEqual([1, 2]);
    expect(container.textContent).toContain("signed_out");
  });

  test("says how fresh what is shown is, and follows", () => {
    function Badge(): ReactNode {
      const { status, version, lastConfirmedAt } = useSync();
      return <p>{`${status.type} v${version} ${lastConfirmedAt}`}</p>;
    }
    show(<Badge key="1" />);
    const seen = [container.textContent];
    connection.full(7, []);
    seen.push(container.textContent);
    connection.close(1006);
    seen.push(container.textContent);

    expect(seen).toEqual(["catching_up v0 null", "live v7 1700000000000", "connecting v7 1700000000000"]);
  });

  test("with a selector it renders again only when that is another", () => {
    connection.full(1, []);
    const word = counted(() => <p>{useSync(({ status }) => status.type)}</p>);
    show(<word.Counted key="1" />);

    connection.delta(1, { hosts: { put: [{ id: "web-1", cpu: 1 }] } });
    const moved = word.renders;
    connection.close(4401);

    expect([moved, word.renders, container.textContent]).toEqual([1, 2, "signed_out"]);
  });
});

describe("useRequests", () => {
  test("sends requests, and is the same object in every render", async () => {
    connection.full(1, []);
    const seen = new Set<unknown>();
    let request: ReturnType<typeof useRequests>["request"] | undefined;
    function Button(): ReactNode {
      const requests = useRequests();
      useSync();
      seen.add(requests);
      request = requests.request;
      return null;
    }
    show(<Button key="1" />);
    connection.delta(1, {});

    const done = await request?.("/api/jobs", { job: "uptime" });

    expect(done).toEqual({ commands: [], epoch: "e1", version: 1 });
    expect(connection.requests.map(({ url }) => url)).toEqual(["http://fleet.test/api/jobs"]);
    expect(seen.size).toBe(1);
  });
});

describe("React reads, it does not sync", () => {
  test("mounting, unmounting and strict mode open and close nothing", () => {
    connection.full(1, [{ id: "web-1", cpu: 1 }]);
    const Host = (): ReactNode => <p>{useRecord("hosts", "web-1")?.cpu}</p>;
    show(
      <StrictMode key="1">
        <Host />
      </StrictMode>,
    );
    act(() => root.render(null));

    expect(connection.sync.status).toEqual({ type: "live" });
    expect(connection.sync.counters.reconnects).toBe(0);
  });

  test("[R9] what is shown is gone with the session", () => {
    connection.full(1, [{ id: "web-1", cpu: 1 }]);
    show(<List key="1" />);
    const before = container.textContent;

    act(() => void connection.sync.signOut());

    expect([before, container.textContent]).toEqual(["web-1", ""]);
  });

  test("it renders on a server with what the replica holds", () => {
    connection.full(1, [{ id: "web-1", cpu: 1 }]);

    const html = renderToString(
      <SyncProvider sync={connection.sync}>
        <List />
      </SyncProvider>,
    );

    expect(html).toBe("<p>web-1</p>");
    expect(connection.sync.digest()).toBe(digestOf(connection.sync.state as Parameters<typeof digestOf>[0]));
  });

  test("outside of a provider a hook says what is missing", () => {
    expect(() => renderToString(<List />)).toThrow("<SyncProvider>");
  });
});

function List(): ReactNode {
  return (
    <p>
      {useCollection("hosts")
        .map(({ id }) => id)
        .join()}
    </p>
  );
}

/** Never called: these lines are for the compiler alone. */
export function Compiles(): ReactNode {
  expectTypeOf(useRecord("hosts", "web-1")).toEqualTypeOf<{ readonly id: string; readonly cpu: number } | undefined>();
  expectTypeOf(useCollection("events")).toEqualTypeOf<readonly { readonly id: string }[]>();
  // @ts-expect-error There is no such collection.
  useCollection("ghosts");
  // @ts-expect-error An event has no cpu.
  useRecord("events", "1")?.cpu;
  return null;
}
