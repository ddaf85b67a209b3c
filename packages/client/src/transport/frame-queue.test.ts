import { partHeader } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { promisesSettled } from "../environment/fake-environment-suite.ts";
import { FrameQueue, type ReceivedFrame } from "./frame-queue.ts";

function queueOf(inflate: (bytes: Uint8Array, maxBytes: number) => string | Promise<string>) {
  const turns: string[][] = [];
  let turn: string[] = [];
  const deliver = (frame: ReceivedFrame) => turn.push(inWords(frame));
  const queue = new FrameQueue(inflate, deliver, (run) => {
    turn = [];
    run();
    if (turn.length > 0) turns.push(turn);
  });
  return { queue, turns };
}

function inWords(frame: ReceivedFrame): string {
  if (frame.type === "bad") return "bad";
  if (frame.type === "part")
    return `${frame.progress.receivedBytes} of ${frame.progress.totalBytes}/${frame.sizeBytes}`;
  return `${frame.text}/${frame.sizeBytes}${frame.fromParts ? " from parts" : ""}`;
}

function part(totalBytes: number, from: number, ...piece: readonly number[]): Uint8Array {
  return Uint8Array.of(...partHeader(totalBytes, from), ...piece);
}

/** Inflations that end when the test says so, in any order. */
function deferred() {
  const waiting = new Map<number, { resolve: (text: string) => void; reject: (error: unknown) => void }>();
  const inflate = (bytes: Uint8Array) =>
    new Promise<string>((resolve, reject) => waiting.set(bytes[0] as number, { resolve, reject }));
  return { inflate, waiting };
}

describe("frames of one socket", () => {
  test("[R10] a frame that is being inflated holds those behind it", async () => {
    const { inflate, waiting } = deferred();
    const { queue, turns } = queueOf(inflate);

    queue.push("first");
    queue.push(Uint8Array.of(2, 0));
    queue.push("third");
    queue.push(Uint8Array.of(4));
    queue.push("fifth");
    const before = [...turns];
    waiting.get(2)?.resolve("second");
    await promisesSettled();
    waiting.get(4)?.resolve("fourth");
    await promisesSettled();

    expect(before).toEqual([["first/5"]]);
    expect(turns).toEqual([["first/5"], ["second/2", "third/5"], ["fourth/1", "fifth/5"]]);
  });

  test("[R10] one that can't be inflated comes in its place, as a bad one", async () => {
    const { inflate, waiting } = deferred();
    const { queue, turns } = queueOf(inflate);

    queue.push(Uint8Array.of(1));
    queue.push("second");
    waiting.get(1)?.reject(new Error("not a gzip"));
    await promisesSettled();

    expect(turns).toEqual([["bad", "second/6"]]);
  });

  test("where the environment inflates at once nothing waits", () => {
    const { queue, turns } = queueOf((bytes) => {
      if (bytes.length > 1) throw new Error("not a gzip");
      return "inflated";
    });

    queue.push(Uint8Array.of(1));
    queue.push(Uint8Array.of(1, 2));

    expect(turns).toEqual([["inflated/1"], ["bad"]]);
  });

  test("[R10] what may come out of a frame is capped at 64 MiB", () => {
    let cap = 0;
    const { queue } = queueOf((_bytes, maxBytes) => {
      cap = maxBytes;
      return "";
    });

    queue.push(Uint8Array.of(1));

    expect(cap).toBe(64 * 1024 * 1024);
  });

  test("[R8] after it is closed nothing comes out, neither what waits nor what is being inflated", async () => {
    const { inflate, waiting } = deferred();
    const { queue, turns } = queueOf(inflate);
    queue.push(Uint8Array.of(1));
    queue.push("second");

    queue.close();
    queue.push("third");
    waiting.get(1)?.resolve("first");
    await promisesSettled();

    expect(turns).toEqual([]);
  });
});

describe("a message in parts", () => {
  test("[M9] each part is told of as it comes, and the last one brings the message, which is no frame of its own", () => {
    const { queue, turns } = queueOf((bytes) => `inflated ${bytes.join(" ")}`);

    queue.push(part(3, 0, 31, 139));
    queue.push("a beacon");
    queue.push(part(3, 2, 8));

    expect(turns).toEqual([["2 of 3/11"], ["a beacon/8"], ["3 of 3/10", "inflated 31 139 8/0 from parts"]]);
  });

  test("[R10] what follows waits until the message has been inflated", async () => {
    const { inflate, waiting } = deferred();
    const { queue, turns } = queueOf(inflate);

    queue.push(part(2, 0, 31, 139));
    queue.push("next");
    const before = [...turns];
    waiting.get(31)?.resolve("state");
    await promisesSettled();

    expect(before).toEqual([["2 of 2/11"]]);
    expect(turns).toEqual([["2 of 2/11"], ["state/0 from parts", "next/4"]]);
  });

  test("[M9] a part that can't be is a bad frame", () => {
    const { queue, turns } = queueOf(() => "never");

    queue.push(part(3, 0, 31));
    queue.push(part(3, 2, 8));

    expect(turns).toEqual([["1 of 3/10"], ["bad"]]);
  });

  test("[R8] [M9] nothing of it comes out once the socket was given up, nor in the queue of the next one", () => {
    const first = queueOf(() => "state");
    const second = queueOf(() => "state");

    first.queue.push(part(2, 0, 31));
    first.queue.close();
    first.queue.push(part(2, 1, 139));
    second.queue.push(part(2, 1, 139));

    expect(first.turns).toEqual([["1 of 2/10"]]);
    expect(second.turns).toEqual([["bad"]]);
  });
});
