/** These are the behaviours that all bindings have: a real replica of a real server is read through components, and what they print is noted. */

import type { Replica } from "@neverstale/client";
import { effectPosition } from "@neverstale/client";
import type { Requests } from "@neverstale/client/bindings";
import { type Binding, cardOf, cardsOf, pendingOf } from "./binding.ts";
import { addCard, type Board, type Card } from "./board.ts";
import { check, eventually } from "./checks.ts";
import { firstTree } from "./first-tree.ts";
import { Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";
import { Watched } from "./watched.ts";

/** It plays one behaviour, named by its title, and throws what is wrong. */
export async function runBehaviour(title: string, binding: Binding, stage: Stage): Promise<void> {
  const behaviour = BEHAVIOURS[title];
  if (behaviour === undefined) throw new Error(`there is no behaviour "${title}"`);
  const scene = new Scene(binding, stage);
  try {
    await behaviour(scene);
  } finally {
    scene.end();
  }
}

type Behaviour = (scene: Scene) => Promise<void>;

export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  "a view of a record renders again only when that record has changed, come or gone": async (scene) => {
    const { stage } = scene;
    await stage.put(card("a", "A"));
    const view = recordView();
    scene.show({ from: await scene.follow(), card: "a", views: [view] });
    await scene.shows("A");

    await stage.put(card("b", "B"));
    await stage.put(card("b", "B2"));
    await stage.put(card("a", "A2"));
    await scene.shows("A2");
    await stage.remove("a");
    await scene.shows("none");
    await stage.put(card("a", "A3"));
    await scene.shows("A3");

    check(view.prints, ["A", "A2", "none", "A3"]);
  },

  "a view follows the record that is asked for, and the one before no longer": async (scene) => {
    const { stage } = scene;
    await stage.put(card("a", "A"));
    await stage.put(card("b", "B"));
    const view = recordView();
    const tree = { from: await scene.follow(), views: [view] };
    scene.show({ ...tree, card: "a" });
    await scene.shows("A");

    scene.show({ ...tree, card: "b" });
    await scene.shows("B");
    await stage.put(card("a", "A2"));
    await stage.put(card("b", "B2"));
    await scene.shows("B2");

    check(view.prints, ["A", "B", "B2"]);
  },

  "a list renders again only when one of its records, or a place in it, has changed": async (scene) => {
    const { stage } = scene;
    await stage.put(card("a", "A", 2));
    const arrangement = { filter: ({ n }: Card) => n > 0, sort: (a: Card, b: Card) => a.n - b.n };
    const view = new Watched((hooks) => [hooks.useCollection("cards", arrangement)], titlesOf);
    scene.show({ from: await scene.follow(), card: "a", views: [view] });
    await scene.shows("A");

    await stage.put(card("hidden", "-", 0));
    await stage.put(card("b", "B", 1));
    await scene.shows("B,A");
    await stage.put(card("hidden", "--", 0));
    await stage.remove("a");
    await scene.shows("B");

    check(view.prints, ["A", "B,A", "B"]);
  },

  "a selected value renders again only when it holds something else": async (scene) => {
    const { stage } = scene;
    await stage.put(card("a", "A", 1));
    const large = ({ cards }: Board) => [...cards.values()].filter(({ n }) => n > 5).map(({ id }) => id);
    const view = new Watched(
      (hooks) => [hooks.useSelection(large)],
      ([ids]) => `large: ${String(ids)}`,
    );
    scene.show({ from: await scene.follow(), card: "a", views: [view] });
    await scene.shows("large: ");

    await stage.put(card("a", "A", 2));
    await stage.put(card("b", "B", 6));
    await scene.shows("large: b");
    await stage.put(card("b", "B", 7));
    await stage.put(card("c", "C", 9));
    await scene.shows("large: b,c");

    check(view.prints, ["large: ", "large: b", "large: b,c"]);
  },

  "[R9] freshness is told when it is another, and what was shown is gone with the session": async (scene) => {
    const { stage } = scene;
    await stage.put(card("a", "A"));
    const sync = await scene.follow();
    const word = new Watched(
      (hooks) => [hooks.useSync(({ status }) => status.type)],
      ([type]) => String(type),
    );
    scene.show({ from: sync, card: "a", views: [recordView(), word] });
    await scene.shows("A", "live");

    await stage.put(card("a", "A2"));
    await scene.shows("A2", "live");
    check(word.prints, ["live"]);
    sync.signOut();
    await scene.shows("none", "signed_out");

    check(word.prints, ["live", "signed_out"]);
  },

  "no component, and no two of them, show parts of two states": async (scene) => {
    const { stage } = scene;
    await stage.put(card("a", "A", 0));
    await stage.put(card("b", "B", 0));
    const sync = await scene.follow();
    const start = sync.version;
    const all = new Watched(
      (hooks) => [
        hooks.useRecord("cards", "a"),
        hooks.useCollection("cards"),
        hooks.useSelection(({ cards }) => cards.get("b")?.n),
        hooks.useSync(({ version }) => (version - start) / 2),
        hooks.useRecord("cards", "b"),
      ],
      ([a, list, ofB, moves, b]) => [cardOf(a)?.n, ...cardsOf(list).map(({ n }) => n), ofB, moves, cardOf(b)?.n].join(),
    );
    const [one, other] = ["a", "b"].map(
      (id) =>
        new Watched(
          (hooks) => [hooks.useRecord("cards", id)],
          ([of]) => String(cardOf(of)?.n),
        ),
    );
    if (one === undefined || other === undefined) throw new Error("there are two views");
    scene.show({ from: sync, card: "a", views: [one, all, other] });
    await scene.shows("0", level(0), "0");
    const shown = scene.paintings();

    for (let n = 1; n <= 20; n++) await sync.reached(await stage.moveAll(n));
    await scene.shows("20", level(20), "20");

    const torn = (text: string) => new Set(text.split(",")).size > 1;
    check([...all.prints, ...shown()].filter(torn), []);
  },

  "a change that comes while a page is rendered for the first time is not missed": async (scene) => {
    const { stage } = scene;
    const sync = await scene.follow();
    await stage.hold();
    const [before, after] = [1, 2].map(() => new Watched((hooks) => [hooks.useCollection("cards")], titlesOf));
    if (before === undefined || after === undefined) throw new Error("there are two views");
    const changing = new Watched(
      () => {
        if (sync.pending.length === 0) void sync.mutate(addCard, { title: "B" });
        return [];
      },
      () => "changed",
    );

    scene.show({ from: sync, card: "a", views: [before, changing, after] });

    await scene.shows("B", "changed", "B");
  },

  "what is unmounted listens to nothing and prints nothing": async (scene) => {
    const { stage } = scene;
    await stage.put(card("a", "A"));
    const sync = await scene.follow();
    const view = new Watched(
      (hooks, id) => [
        hooks.useRecord("cards", id),
        hooks.useCollection("cards"),
        hooks.useSync(({ status }) => status.type),
        hooks.usePending(),
      ],
      ([of]) => titleOf(of),
    );
    scene.show({ from: sync, card: "a", views: [view] });
    await scene.shows("A");
    await eventually(() => sync.listening >= 4, true);

    scene.unmount();
    await eventually(() => sync.listening, 0);
    await sync.reached(await stage.put(card("a", "A2")));

    check([view.prints, sync.status.type], [["A"], "live"]);
  },

  "[E2] a first paint from a server opens nothing there, is taken over as it is, and is resumed from": async (
    scene,
  ) => {
    const { stage, place } = scene;
    await stage.put(card("a", "A"));
    const initial = await stage.initial();
    place.innerHTML = await stage.renderFirst();
    check([place.textContent, await stage.connections()], ["A", 0]);
    const paragraph = place.querySelector("p");

    scene.takeOver(firstTree({ ...scene.address(), initial }));
    await eventually(() => stage.connections(), 1);
    check([place.textContent, place.querySelector("p") === paragraph], ["A", true]);
    await stage.put(card("b", "B"));

    await scene.shows("A,B");
  },

  "a replica that the tree owns follows for as long as the tree is there": async (scene) => {
    const { stage } = scene;
    await stage.put(card("a", "A"));
    scene.show({ from: scene.address(), card: "a", views: [recordView()] });
    await scene.shows("A");
    check(await stage.connections(), 1);

    scene.unmount();

    await eventually(() => stage.connections(), 0);
  },

  "a replica that the tree owns is another one at another address, and the same one otherwise": async (scene) => {
    const { stage } = scene;
    await stage.put(card("a", "A"));
    const seen = new Set<unknown>();
    const view = new Watched(
      (hooks, id) => [hooks.useRecord("cards", id), hooks.useReplica()],
      ([of, replica]) => {
        seen.add(replica);
        return titleOf(of);
      },
    );
    const { url, ...address } = scene.address();
    scene.show({ from: { url, ...address }, card: "a", views: [view] });
    await scene.shows("A");
    scene.show({ from: { url, ...address }, card: "b", views: [view] });
    await scene.shows("none");
    check(seen.size, 1);

    scene.show({ from: { url: `${url}?again`, ...address }, card: "a", views: [view] });
    await scene.shows("A");

    check(seen.size, 2);
    await eventually(() => stage.connections(), 1);
  },

  "[R9] a replica that the tree owns shows another user nothing of the one before": async (scene) => {
    const { stage } = scene;
    await stage.put(card("a", "A"));
    const views = [recordView()];
    scene.show({ from: { ...scene.address(), user: "ann" }, card: "a", views });
    await scene.shows("A");
    await stage.close();

    scene.show({ from: { ...scene.address(), user: "bob" }, card: "a", views });

    await scene.shows("none");
    await eventually(() => stage.connections(), 0);
  },

  "[U10] a mutation is shown at once, and is pending until it is decided": async (scene) => {
    const { stage } = scene;
    const mutate: Replica["mutate"][] = [];
    scene.show({ from: await scene.follow(), card: "a", views: [writerView(mutate)] });
    await scene.shows(" | ");
    await stage.hold();

    const outcome = mutate[0]?.(addCard, { title: "B" });
    await scene.shows("B | add_card");
    await stage.decide();

    check((await outcome)?.type, "done");
    await scene.shows("B | ");
    check(new Set(mutate).size, 1);
  },

  "a mutation that is refused is not shown, and says why": async (scene) => {
    const mutate: Replica["mutate"][] = [];
    scene.show({ from: await scene.follow(), card: "a", views: [writerView(mutate)] });
    await scene.shows(" | ");

    const outcome = await mutate[0]?.(addCard, { title: "" });

    check([outcome?.type, outcome?.type === "refused" && outcome.code], ["refused", "no_title"]);
    await scene.shows(" | ");
  },

  "[D2] a request has an effect, which is shown when it is reached": async (scene) => {
    const given: Requests[] = [];
    const titles = new Watched((hooks) => {
      given.push(hooks.useRequests());
      return [hooks.useCollection("cards")];
    }, titlesOf);
    scene.show({ from: await scene.follow(), card: "a", views: [titles] });
    await scene.shows("");
    const [{ request, reached } = fail()] = given;

    await reached(effectPosition(await request("/touch", {})));

    await scene.shows("Touched");
    check(new Set(given).size, 1);
  },

  "outside of a provider a hook says what is missing": async (scene) => {
    const missing = new Watched(({ useReplica: replica }) => [messageOf(() => replica())], String);

    scene.show({ from: null, card: "a", views: [missing] });

    await eventually(() => missing.prints.length > 0, true);
    check(
      missing.prints.filter((text) => !text.startsWith("this hook is used outside of")),
      [],
    );
  },
};

const card = (id: string, title: string, n = 0): Card => ({ id, title, n });

const titleOf = (value: unknown): string => cardOf(value)?.title ?? "none";

const titlesOf = ([cards]: readonly unknown[]): string =>
  cardsOf(cards)
    .map(({ title }) => title)
    .join();

/** It is what a view of two cards prints when all that it reads says `n`. */
const level = (n: number): string => [n, n, n, n, n, n].join();

function recordView(): Watched {
  return new Watched(
    (hooks, id) => [hooks.useRecord("cards", id)],
    ([of]) => titleOf(of),
  );
}

/** It shows the titles, and the names of what is pending. */
function writerView(mutate: Replica["mutate"][]): Watched {
  return new Watched(
    (hooks) => {
      mutate.push(hooks.useMutate());
      return [hooks.useCollection("cards"), hooks.usePending()];
    },
    ([cards, pending]) =>
      `${titlesOf([cards])} | ${pendingOf(pending)
        .map(({ name }) => name)
        .join()}`,
  );
}

function messageOf(run: () => unknown): string {
  try {
    return `it returned ${String(run())}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function fail(): never {
  throw new Error("the view was not rendered");
}
