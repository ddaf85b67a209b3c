import type { Replica } from "@neverstale/client";
import { createSyncHooks as reactHooks } from "@neverstale/react";
import { createSyncHooks as solidHooks } from "@neverstale/solid";
import { createSyncHooks as svelteHooks } from "@neverstale/svelte";
import { createSyncHooks as vueHooks } from "@neverstale/vue";
import { expectTypeOf, test } from "vitest";
import { ref } from "vue";
import { addCard, type Board, type Card } from "./board.ts";

const react = reactHooks<Board>();
const vue = vueHooks<Board>();
const svelte = svelteHooks<Board>();
const solid = solidHooks<Board>();

/** Never called: these lines are for the compiler alone. */
function compiles(): void {
  const byTitle = { sort: (a: Card, b: Card) => a.title.localeCompare(b.title) };
  const count = ({ cards }: Board) => cards.size;

  expectTypeOf(react.useRecord("cards", "a")).toEqualTypeOf<Card | undefined>();
  expectTypeOf(vue.useRecord("cards", ref("a")).value).toEqualTypeOf<Card | undefined>();
  expectTypeOf(svelte.useRecord("cards", () => "a").current).toEqualTypeOf<Card | undefined>();
  expectTypeOf(solid.useRecord("cards", () => "a")()).toEqualTypeOf<Card | undefined>();

  expectTypeOf(react.useCollection("cards", byTitle)).toEqualTypeOf<readonly Card[]>();
  expectTypeOf(vue.useCollection("cards", byTitle).value).toEqualTypeOf<readonly Card[]>();
  expectTypeOf(svelte.useCollection("cards", byTitle).current).toEqualTypeOf<readonly Card[]>();
  expectTypeOf(solid.useCollection("cards", byTitle)()).toEqualTypeOf<readonly Card[]>();

  expectTypeOf(react.useSelection(count)).toEqualTypeOf<number>();
  expectTypeOf(vue.useSelection(count).value).toEqualTypeOf<number>();
  expectTypeOf(svelte.useSelection(count).current).toEqualTypeOf<number>();
  expectTypeOf(solid.useSelection(count)()).toEqualTypeOf<number>();

  for (const { useMutate } of [react, vue, svelte, solid]) {
    const mutate = useMutate();
    expectTypeOf(mutate).toEqualTypeOf<Replica["mutate"]>();
    // @ts-expect-error A title is a text.
    void mutate(addCard, { title: 1 });
  }

  // @ts-expect-error There is no such collection.
  react.useCollection("ghosts");
  // @ts-expect-error There is no such collection.
  vue.useCollection("ghosts");
  // @ts-expect-error There is no such collection.
  svelte.useCollection("ghosts");
  // @ts-expect-error There is no such collection.
  solid.useCollection("ghosts");

  // @ts-expect-error What is shown is read, and never edited.
  vue.useRecord("cards", "a").value = undefined;
  // @ts-expect-error What is shown is read, and never edited.
  svelte.useRecord("cards", "a").current = undefined;
}

test("every binding has the types of the model", () => {
  expectTypeOf(compiles).toBeFunction();
});
