import { collection, defineModel, defineMutation, put } from "@neverstale/protocol";
import { TestBed } from "@neverstale/testing";
import { expect, test } from "vitest";
import { z } from "zod";

// These belong to your application.
const board = defineModel({
  model: 1,
  collections: { cards: collection<{ id: string; title: string }>() },
  changes: { card_added: put("cards") },
});
const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: z.object({ title: z.string() }),
  decide: (_, { title }, { newId }) => [{ type: "card_added", target: newId(), data: { title } }],
});

test("a card that was added in a tunnel is on the board once, though the server was killed meanwhile", async () => {
  const bed = await TestBed.open({ model: board, mutations: [addCard] });
  const ann = bed.connect({ user: "ann" });
  const bob = bed.connect({ user: "bob" });
  await bed.pass(100);

  ann.network.cut();
  const asked = ann.sync.mutate(addCard, { title: "Buy milk" });
  expect(ann.sync.list("cards")).toHaveLength(1); // It is shown at once.
  expect(bob.sync.list("cards")).toHaveLength(0);

  await bed.restart();
  ann.network.mend();
  expect(await bed.settled(asked)).toMatchObject({ type: "done" });
  await bed.pass(30_000);

  for (const { sync } of [ann, bob]) {
    expect(sync.status.type).toBe("live");
    expect(sync.list("cards")).toMatchObject([{ title: "Buy milk" }]);
  }
  await bed.close();
});
