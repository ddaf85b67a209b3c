import { collection, defineModel, defineMutation, defineView, patch, put, refuse, remove } from "@neverstale/protocol";
import { z } from "zod";
import { Card, CardData, CardPatch, Person, Room } from "./records.ts";

export const board = defineModel({
  model: 1,
  collections: { rooms: collection(Room), cards: collection(Card), people: collection(Person) },
  changes: {
    room_opened: put("rooms"),
    card_added: put("cards"),
    card_changed: patch("cards"),
    card_deleted: remove("cards"),
    person_came: put("people"),
    person_left: remove("people"),
  },
});

// Members of a room see what is in it, and nothing of other rooms.
export const views = defineView(board, {
  keys: { rooms: ({ id }) => [id], cards: ({ room }) => [room], people: ({ id }) => id.split("/", 1) },
  roles: { member: { rooms: "*", cards: "*", people: "*" } },
});

/** A page shows the effect at once. */
const atOnce = { model: board, optimistic: true } as const;

export const addCard = defineMutation({
  name: "add_card",
  ...atOnce,
  args: CardData.extend({ room: z.string() }),
  decide: ({ rooms }, card, { user, now, newId }) => {
    if (!rooms.get(card.room)?.members.includes(user)) return refuse("not_a_member", "Only members add cards.");
    return [{ type: "card_added", target: newId(), data: { ...card, order: now, owner: user } }];
  },
});

export const changeCard = defineMutation({
  name: "change_card",
  ...atOnce,
  args: z.object({ id: z.string(), data: CardPatch }),
  decide: ({ rooms, cards }, { id, data }, { user }) => {
    if (!rooms.get(cards.get(id)?.room ?? "")?.members.includes(user)) return refuse("no_such_card", "It was deleted.");
    return [{ type: "card_changed", target: id, data }];
  },
});

export const deleteCard = defineMutation({
  name: "delete_card",
  ...atOnce,
  args: z.object({ id: z.string() }),
  decide: ({ cards }, { id }, { user }) =>
    cards.get(id)?.owner === user
      ? [{ type: "card_deleted", target: id }]
      : refuse("not_yours", "It is not your card."),
});
