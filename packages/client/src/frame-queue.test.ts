import { describe, expect, test } from "vitest";
import { settle } from "./fake-environment-suite.ts";
import { type Frame, FrameQueue } from "./frame-queue.ts";

function queueOf(inflate: (bytes: Uint8Array, maxBytes: number) => string | Promise<string>) {
  const turns: string[][] = [];
  let turn: string[] = [];
  const deliver = (frame: Frame) => turn.push(frame.type === "text" ? `${frame.text}/${frame.sizeBytes}` : "bad");
  const queue = new FrameQueue(inflate, deliver, (run) => {
    turn = [];
    run();
    if (turn.length > 0) turns.push(turn);
  });
  return { queue, turns };
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
    await settle();
    waiting.get(4)?.resolve("fourth");
    await settle();

    expect(before).toEqual([["first/5"]]);
    expect(turns).toEqual([["first/5"], ["second/2", "third/5"], ["fourth/1", "fifth/5"]]);
  });

  test("[R10] one that can't be inflated comes in its place, as a bad one", async () => {
    const { inflate, waiting } = deferred();
    const { queue, turns } = queueOf(inflate);

    queue.push(Uint8Array.of(1));
    queue.push("second");
    waiting.get(1)?.reject(new Error("not a gzip"));
    await settle();

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
    await settle();

    expect(turns).toEqual([]);
  });
});
