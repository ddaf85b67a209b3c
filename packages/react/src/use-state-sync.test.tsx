// @vitest-environment jsdom
import type { ConnectionEvents, Environment, HttpRequest, StateSync } from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import { collection, defineModel, defineMutation, type InitialState, put, type StateOf } from "@neverstale/protocol";
import { act, StrictMode } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { createSyncHooks } from "./index.ts";

const board = defineModel({
  model: 1,
  collections: { cards: collection<{ readonly id: string; readonly title: string }>() },
  changes: { card_put: put("cards") },
});

const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: z.object({ title: z.string() }),
  decide: (_, { title }, { newId }) => [{ type: "card_put", target: newId(), data: { title } }],
});

const { SyncProvider, useStateSync, useCollection, useMutate, usePending, useReplica } =
  createSyncHooks<StateOf<typeof board>>();

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

let open: Set<{ readonly url: string; readonly events: ConnectionEvents }>;
let io: Environment;
let answers: ((text: string) => void)[];
let root: Root;
let place: HTMLElement;

beforeEach(() => {
  open = new Set();
  answers = [];
  let ids = 0;
  io = {
    now: () => 0,
    wallTime: () => 1_700_000_000_000,
    chance: () => 0.5,
    newId: () => `t0000000000000-line-of-page-${++ids}`,
    freezes: true,
    after: () => ({ cancel: () => {} }),
    baseUrl: "http://board.test/",
    openSocket: (url, _protocols, events) => {
      const socket = { url, events };
      open.add(socket);
      return { send: () => {}, close: () => open.delete(socket) };
    },
    request: (_: HttpRequest) =>
      new Promise((resolve) => answers.push((text) => resolve({ status: 200, retryAfter: null, text }))),
    inflate: () => "",
    watch: () => () => {},
  };
  place = document.body.appendChild(document.createElement("div"));
  root = createRoot(place);
});
afterEach(() => {
  act(() => root.unmount());
  place.remove();
});

interface BoardProps {
  readonly url: string;
  readonly user?: string;
  readonly initial?: InitialState;
}

function Board({ url, user = "ann", initial }: BoardProps) {
  const given = initial === undefined ? {} : { initial };
  const sync = useStateSync({ url, user, io, mutations: mutations(), ...given });
  return (
    <SyncProvider sync={sync}>
      <Cards />
    </SyncProvider>
  );
}

let sync: StateSync<StateOf<typeof board>>;
let mutate: ReturnType<typeof useMutate>;

function Cards() {
  sync = useReplica() as typeof sync;
  mutate = useMutate();
  const titles = useCollection("cards").map(({ title }) => title);
  const pending = usePending().map(({ name }) => name);
  return <p>{`${titles.join()} | ${pending.join()}`}</p>;
}

function receive(version: number, cards: readonly object[]): void {
  const facts = { epoch: "e1", space: "c1", model: 1, beaconMs: 30_000, lineage: [], digest: "0".repeat(16) };
  const message = JSON.stringify({ type: "init", version, ...facts, payload: { cards } });
  act(() => {
    for (const { events } of open) {
      events.opened();
      events.received(message);
    }
  });
}

test("a component that owns its replica has one connection under StrictMode, and none when it is gone", () => {
  act(() =>
    root.render(
      <StrictMode>
        <Board url="/sync" />
      </StrictMode>,
    ),
  );
  expect(open.size).toBe(1);
  receive(3, [{ id: "a", title: "A" }]);
  expect(place.textContent).toBe("A | ");

  act(() => root.render(<StrictMode>gone</StrictMode>));

  expect(open.size).toBe(0);
});

test("with another address it is another replica, and rendering again makes none", () => {
  act(() => root.render(<Board url="/sync" />));
  const first = sync;
  act(() => root.render(<Board url="/sync" />));
  expect(sync).toBe(first);

  act(() => root.render(<Board url="/other" />));

  expect(sync).not.toBe(first);
  expect([...open].map(({ url }) => new URL(url).pathname)).toEqual(["/other"]);
});

test("[R9] another user sees nothing of the one before", () => {
  act(() => root.render(<Board url="/sync" />));
  receive(3, [{ id: "a", title: "A" }]);

  act(() => root.render(<Board url="/sync" user="bob" />));

  expect(place.textContent).toBe(" | ");
  expect(open.size).toBe(1);
});

test("rendered on a server it is empty, and opens nothing", () => {
  expect(renderToString(<Board url="/sync" />)).toContain(" | ");
  expect(open.size).toBe(0);
});

test("a first paint that was rendered on a server is taken over as it is, and resumed from", async () => {
  const initial = { epoch: "e1", space: "c1", version: 3, payload: { cards: [{ id: "a", title: "A" }] } };
  const html = renderToString(<Board url="/sync" initial={initial} />);
  expect(html).toContain("A | ");
  act(() => root.unmount());
  place.innerHTML = html;
  const errors: unknown[] = [];

  await act(async () => {
    root = hydrateRoot(place, <Board url="/sync" initial={initial} />, {
      onRecoverableError: (error) => errors.push(error),
    });
  });

  expect(errors).toEqual([]);
  expect(place.textContent).toBe("A | ");
  expect([...open].map(({ url }) => new URL(url).searchParams.get("version"))).toEqual(["3"]);
});

test("[U10] a mutation renders at once, and says that it is pending until its effect is there", async () => {
  act(() => root.render(<Board url="/sync" />));
  receive(3, []);
  await act(async () => void mutate(addCard, { title: "B" }));
  expect(place.textContent).toBe("B | add_card");

  const { lines } = Object.fromEntries(new URL([...open][0]?.url ?? "").searchParams);
  await act(async () => {
    for (const { events } of open) {
      events.received(JSON.stringify({ type: "mutated", line: lines, n: 1, version: 4 }));
      const card = { id: `${lines}.1.1`, title: "B" };
      events.received(JSON.stringify({ type: "delta", from: 3, version: 4, payload: { cards: { put: [card] } } }));
    }
    answers.shift()?.(JSON.stringify({ epoch: "e1", outcomes: [{ n: 1, type: "done", version: 4, answer: null }] }));
  });

  expect(place.textContent).toBe("B | ");
});
