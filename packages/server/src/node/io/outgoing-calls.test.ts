import { setImmediate as endOfTurn, setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Applied } from "../../authority/transaction.ts";
import type { ForwardedChange } from "../node-link.ts";
import { OutgoingCalls } from "./outgoing-calls.ts";

function callTo(target: string): ForwardedChange {
  return { change: { type: "host_added", target, data: {} }, options: {} };
}

function appliedAt(version: number): Applied {
  return { epoch: "e", version, versions: { main: version }, answer: null, replayed: false };
}

function opened(answerMs: number) {
  const sent: { id: number; changes: unknown[] }[] = [];
  const limits = { messageBytes: 1_000_000, answerMs };
  const calls = new OutgoingCalls({ limits, send: (message) => sent.push(JSON.parse(message.toString())) });
  return { calls, sent };
}

test("[W1] calls of one turn are one message, and each is answered by its number, in whatever order", async () => {
  const { calls, sent } = opened(1_000);
  const first = [calls.forward(callTo("a")), calls.forward(callTo("b"))];
  await endOfTurn();
  const later = calls.forward(callTo("c"));
  await endOfTurn();
  expect(sent.map(({ id }) => id)).toEqual([1, 3]);

  calls.received([
    [3, 1, appliedAt(1)],
    [1, 2, appliedAt(2)],
  ]);
  expect((await Promise.all([...first, later])).map(({ version }) => version)).toEqual([2, 3, 1]);
});

test("[W2] a call whose answer does not come in time may have been carried out, whatever comes of those that were sent later", async () => {
  const { calls } = opened(60);
  const early = calls.forward(callTo("a"));
  const lost = expect(early).rejects.toMatchObject({ name: "ForwardFailure", wasSent: true });
  await sleep(40);
  const late = calls.forward(callTo("b"));
  const lostLater = expect(late).rejects.toMatchObject({ wasSent: true });
  await lost;

  calls.received([[1, 1, appliedAt(1)]]); // This one comes too late.
  await lostLater;
});

test("[W2] of the calls on a link that breaks only those that were sent may have been carried out", async () => {
  const { calls, sent } = opened(1_000);
  const before = calls.forward(callTo("a"));
  await endOfTurn();
  const waiting = calls.forward(callTo("b"));

  calls.lost();
  await expect(before).rejects.toMatchObject({ wasSent: true });
  await expect(waiting).rejects.toMatchObject({ wasSent: false });
  await endOfTurn();
  expect(sent).toHaveLength(1);
});
