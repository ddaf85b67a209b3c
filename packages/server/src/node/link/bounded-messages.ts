/** Bounded messages hold items that go together, in as few messages as their bound allows. */

/**
 * It yields messages of all the items, in their order. None is longer than `most`, but for one of a single item that is longer by
 * itself. `from` is the place of the first item of a message.
 */
export function* boundedMessages<Item, Message extends { readonly length: number }>(
  most: number,
  items: readonly Item[],
  messageOf: (items: readonly Item[], from: number) => Message,
  from = 0,
): Iterable<{ readonly message: Message; readonly items: readonly Item[]; readonly from: number }> {
  const message = messageOf(items, from);
  if (message.length <= most || items.length === 1) return yield { message, items, from };
  const half = items.length >> 1;
  yield* boundedMessages(most, items.slice(0, half), messageOf, from);
  yield* boundedMessages(most, items.slice(half), messageOf, from + half);
}
