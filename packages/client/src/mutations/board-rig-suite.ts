/** A replica of a board, whose mutations are answered by the test that uses it. */

import {
  collection,
  defineModel,
  defineMutation,
  type LineOutcome,
  type LineRequest,
  patch,
  put,
  refuse,
  remove,
  type StateOf,
} from "@neverstale/protocol";
import { z } from "zod";
import type { HttpAnswer, HttpRequest } from "../environment/environment.ts";
import { FakeEnvironment, json, promisesSettled } from "../environment/fake-environment-suite.ts";
import { full } from "../machine/machine-rig-suite.ts";
import { Replica, type ReplicaOptions } from "../replica.ts";
import { mutations } from "./mutations.ts";

export type Card = { readonly id: string; readonly title: string; readonly count: number };

const board = defineModel({
  model: 1,
  collections: { cards: collection<Card>() },
  changes: { card_put: put("cards"), card_patched: patch("cards"), card_removed: remove("cards") },
});
export type Board = StateOf<typeof board>;

export const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: z.object({ title: z.string() }),
  decide: (state, { title }, { newId }) => {
    if ([...state.cards.values()].some((card) => card.title === title)) return refuse("taken", "There is one.");
    const id = newId();
    return { changes: [{ type: "card_put", target: id, data: { id, title, count: 0 } }], answer: id };
  },
});

export const countUp = defineMutation({
  name: "count_up",
  model: board,
  optimistic: true,
  args: z.object({ id: z.string() }),
  decide: (state, { id }) => {
    const card = state.cards.get(id);
    if (card === undefined) return refuse("no_such_card", "There is none.");
    return [{ type: "card_patched", target: id, data: { count: card.count + 1 } }];
  },
});

export const putCard = defineMutation({
  name: "put_card",
  model: board,
  optimistic: true,
  args: z.object({ id: z.string() }),
  decide: (_, { id }) => [{ type: "card_put", target: id, data: { id, title: id, count: 0 } }],
});

export const removeCard = defineMutation({
  name: "remove_card",
  model: board,
  optimistic: true,
  args: z.object({ id: z.string() }),
  decide: (_, { id }) => [{ type: "card_removed", target: id }],
});

export let io: FakeEnvironment;
export let sync: Replica<Board>;
/** Those who have posted and wait for an answer. */
export let posted: { readonly request: LineRequest; answer(answer: HttpAnswer | Error): Promise<void> }[];

export const A: Card = { id: "a", title: "A", count: 0 };

/** It begins anew: a replica that is live at version 10, with the card A. */
export function openBoard(options: Partial<ReplicaOptions> = {}, environment = new FakeEnvironment()): void {
  posted = [];
  io = environment;
  io.freezes = true;
  io.answer = (request: HttpRequest) =>
    new Promise((resolve, reject) => {
      posted.push({
        request: JSON.parse(request.body ?? "") as LineRequest,
        answer: async (answer) => {
          if (answer instanceof Error) reject(answer);
          else resolve(answer);
          await promisesSettled();
        },
      });
    });
  sync = new Replica<Board>({ url: "/sync", io, mutations: mutations({ url: "/mutations" }), ...options });
  if (options.autoStart === false) return;
  io.socket.open().push(stateAt(10, A));
  level(10);
}

export function stateAt(version: number, ...cards: Card[]) {
  return { ...full(version), payload: { cards } };
}

export function level(version: number): void {
  io.socket.push({ type: "sync", version, head: version, digest: sync.digest() });
}

/** It answers the request that waits longest. */
export async function answer(...outcomes: LineOutcome[]): Promise<void> {
  await posted.shift()?.answer(json(200, { epoch: "e1", outcomes }));
}

export const line = () => new URL(io.socket.url).searchParams.get("lines") ?? "";
export const mutatedMessage = (n: number, version: number) => ({ type: "mutated", line: line(), n, version }) as const;
export const done = (n: number, version: number) => ({ n, type: "done", version, answer: null }) as const;
export const counted = (count: number) => ({ cards: { set: { a: { count } } } });
export const counts = () => sync.state.cards.get("a")?.count;
