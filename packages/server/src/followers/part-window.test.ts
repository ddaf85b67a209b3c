import { expect, test } from "vitest";
import { PartWindow } from "./part-window.ts";

interface Line {
  readonly bytesPerMs: number;
  readonly wayMs: number;
}

/** What is under way at most, and how long an answer waits behind it, once the line is known; and when all has come. */
function sendOver({ bytesPerMs, wayMs }: Line, sizeBytes: number) {
  const window = new PartWindow();
  const acks: { readonly at: number; readonly n: number }[] = [];
  const waits: number[] = [];
  let now = 0;
  let lineFreeAt = 0;
  let put = 0;
  for (let n = 0; put < sizeBytes || acks.length > 0; ) {
    while (put < sizeBytes && window.open) {
      const part = Math.min(window.partBytes, sizeBytes - put);
      put += part;
      n += 1;
      lineFreeAt = Math.max(now, lineFreeAt) + part / bytesPerMs;
      window.notePart(n, part, now);
      acks.push({ at: lineFreeAt + wayMs, n });
    }
    waits.push(Math.max(0, lineFreeAt - now) + wayMs);
    const ack = acks.shift();
    if (ack === undefined) break;
    now = ack.at;
    window.noteAck(ack.n, now);
  }
  return { tookMs: now, lastWaits: waits.slice(Math.floor(waits.length / 4)) };
}

test.each([
  ["22 kB/s", { bytesPerMs: 22, wayMs: 50 }],
  ["40 kB/s", { bytesPerMs: 40, wayMs: 50 }],
  ["22 kB/s over a long way", { bytesPerMs: 22, wayMs: 300 }],
])("[M9] on a line of %s an answer is there within a second or so, and the line is hardly ever idle", (_, line) => {
  const { tookMs, lastWaits } = sendOver(line, 1_650_000);

  expect(Math.max(...lastWaits)).toBeLessThan(900 + line.wayMs);
  expect(tookMs).toBeLessThan((1_650_000 / line.bytesPerMs) * 1.1 + 1_000);
});

test.each([
  ["near by", { bytesPerMs: 100_000, wayMs: 1 }, 1_000],
  ["over a long way", { bytesPerMs: 10_000, wayMs: 300 }, 5_000],
])("[M9] a fast line %s is used soon", (_, line, withinMs) => {
  expect(sendOver(line, 16_000_000).tookMs).toBeLessThan(16_000_000 / line.bytesPerMs + withinMs);
});

test("[M9] one ack for several parts counts for all of them", () => {
  const window = new PartWindow();
  for (let n = 1; n <= 4; n += 1) window.notePart(n, 8_192, 0);
  const full = window.open;

  window.noteAck(4, 10);

  expect([full, window.open]).toEqual([false, true]);
});
