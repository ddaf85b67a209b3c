/**
 * A node of a program whose pages mutate cards runs as a process: it is started as
 * `node --conditions=source tests/nodes/cards-node.ts STORE_URL PORT`, and SIGTERM ends it.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { collection, defineModel, defineMutation, patch, put, refuse, type StateOf } from "@neverstale/protocol";
import { httpNodes, StateManager, serveMutations, serveSync } from "@neverstale/server";
import { postgresStore } from "@neverstale/store-postgres";
import { z } from "zod";

const model = defineModel({
  model: 1,
  collections: { cards: collection<{ readonly id: string; readonly title: string; readonly count: number }>() },
  changes: { card_put: put("cards"), card_patched: patch("cards") },
});

export type Cards = StateOf<typeof model>;

export const addCard = defineMutation({
  name: "add_card",
  model,
  optimistic: true,
  args: z.object({ title: z.string() }),
  decide: (_, { title }, { newId }) => {
    const id = newId();
    return { changes: [{ type: "card_put", target: id, data: { id, title, count: 0 } }], answer: { id } };
  },
});

/** It takes effect once, or it shows. */
export const countUp = defineMutation({
  name: "count_up",
  model,
  optimistic: true,
  args: z.object({ id: z.string() }),
  decide: (state, { id }) => {
    const card = state.cards.get(id);
    if (card === undefined) return refuse("no_such_card", `There is no card "${id}".`);
    return [{ type: "card_patched", target: id, data: { count: card.count + 1 } }];
  },
});

/** `GET /facts` tells these. */
export interface CardsFacts {
  readonly role: string;
  readonly digest: string;
  readonly metrics: Readonly<Record<string, number>>;
}

if (import.meta.main) await main(process.argv[2] ?? "", Number(process.argv[3]));

async function main(storeUrl: string, port: number): Promise<void> {
  const nodes = httpNodes();
  let answer = (_: IncomingMessage, response: ServerResponse) => void response.writeHead(503).end();
  const http = createServer((request, response) => answer(request, response));
  nodes.serve(http);
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  const node = { address: `http://127.0.0.1:${port}`, link: nodes.link };
  const mutations = [addCard, countUp];
  const manager = await StateManager.open({ model, store: postgresStore(storeUrl), mutations, node });
  const mutate = serveMutations({ manager, authorize: () => ({ user: "ann" }) });
  answer = (request, response) => {
    if (request.url !== "/facts") return void mutate(request, response);
    const { digest } = manager.capture();
    const facts: CardsFacts = { role: manager.node?.role ?? "alone", digest, metrics: manager.metrics() };
    response.end(JSON.stringify(facts));
  };
  serveSync(http, { manager: manager as unknown as StateManager, beaconMs: 1_000 });
  process.once("SIGTERM", async () => {
    await manager.close();
    process.exit(0);
  });
  console.log("open");
}
