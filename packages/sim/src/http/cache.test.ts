import { VirtualClock } from "@neverstale/base";
import { beforeEach, describe, expect, test } from "vitest";
import { RunCounters } from "../checks/counters.ts";
import { SimCache } from "./cache.ts";
import { type AnswerSink, headerOf, type SimHead, type Trip } from "./http-end.ts";
import type { CacheHabits } from "./kept-answer.ts";

const FOR_A_SECOND = { "Cache-Control": "public, max-age=0, s-maxage=1" };

let clock: VirtualClock;
/** What the cache has asked for, each with the sink for its answer. */
let asked: { readonly path: string; readonly sink: AnswerSink; left: boolean }[];
let cache: SimCache;

beforeEach(() => {
  clock = new VirtualClock();
  asked = [];
  cache = cacheWith({});
});

function cacheWith(habits: Partial<CacheHabits>): SimCache {
  return new SimCache({
    clock,
    counters: new RunCounters(),
    habits: { saysAge: "resident", joins: "while_fresh", buffers: false, ...habits },
    upstream: {
      ask: ({ url }, sink) => {
        const one = { path: url.pathname, sink, left: false };
        asked.push(one);
        return {
          leave: () => {
            one.left = true;
          },
        };
      },
    },
    shares: () => true,
  });
}

/** It notes in one line all that came. */
function ask(path: string): { line: string; trip: Trip } {
  const reader = { line: "", trip: { leave: () => {} } };
  const note = (text: string) => {
    reader.line += `${reader.line === "" ? "" : " "}${text}`;
  };
  reader.trip = cache.ask(
    { client: "reader", url: new URL(path, "http://sim") },
    {
      heldBytes: 0,
      sentBytes: 0,
      answered: (head) => note(`${head.status}${headerOf(head, "Age") === null ? "" : `(${headerOf(head, "Age")})`}`),
      wrote: ({ text, keptMs }) => note(keptMs === 0 ? text : `${text}+${keptMs}`),
      ended: () => note("end"),
      failed: () => note("cut"),
    },
  );
  return reader;
}

function answer(index: number, text: string, headers: SimHead["headers"] = FOR_A_SECOND): void {
  const { sink } = asked[index] as { readonly sink: AnswerSink };
  sink.answered({ status: 200, headers });
  sink.wrote({ text, writtenAt: clock.now, keptMs: 0 });
  sink.ended();
}

const pass = (ms: number) => clock.runUntil(clock.now + ms, () => true);

describe("a simulated cache", () => {
  test("gives an answer again for as long as its headers say, and says how old it is", async () => {
    const first = ask("/a");
    answer(0, "x");
    await pass(999);
    const again = ask("/a");
    await pass(1);
    ask("/a");

    expect([first.line, again.line, asked.length]).toEqual(["200(0) x end", "200(0) x+999 end", 2]);
  });

  test("asks once for all who ask together", () => {
    const both = [ask("/a"), ask("/a")];
    answer(0, "x");

    expect(both.map(({ line }) => line)).toEqual(["200(0) x end", "200(0) x end"]);
    expect(asked).toHaveLength(1);
  });

  test("gives what nobody may keep to the first alone, and the others ask for themselves", () => {
    const both = [ask("/a"), ask("/a")];
    answer(0, "x", { "Cache-Control": "no-store" });
    answer(1, "y", { "Cache-Control": "no-store" });

    expect(both.map(({ line }) => line)).toEqual(["200 x end", "200 y end"]);
  });

  test("lets whoever comes late join a stream that goes on, with all that came before and its age", async () => {
    cache = cacheWith({ joins: "late" });
    ask("/live");
    asked[0]?.sink.answered({ status: 200, headers: FOR_A_SECOND });
    asked[0]?.sink.wrote({ text: "x", writtenAt: 0, keptMs: 0 });
    await pass(5_000);
    const late = ask("/live");
    asked[0]?.sink.wrote({ text: "y", writtenAt: clock.now, keptMs: 0 });
    cache.restart();

    expect([late.line, asked.length, asked[0]?.left]).toEqual(["200(5) x+5000 y cut", 1, true]);
  });

  test("counts the time that an answer took to come where it is one that does, and says nothing where it is silent", async () => {
    cache = cacheWith({ saysAge: "with_delay" });
    const slow = ask("/a");
    await pass(4_000);
    answer(0, "x");
    cache = cacheWith({ saysAge: "nothing" });
    const silent = ask("/a");
    answer(1, "y");

    expect([slow.line, silent.line]).toEqual(["200(4) x end", "200 y end"]);
  });

  test("has nothing of what it kept once it was emptied, and is a gateway that says so when nobody answers", () => {
    ask("/a");
    answer(0, "x");
    cache.empty();
    const lost = ask("/a");
    asked[1]?.sink.failed();

    expect(lost.line).toBe("502 <h1>502</h1> end");
  });

  test("leaves what nobody waits for any more", () => {
    const { trip } = ask("/a");
    trip.leave();

    expect(asked[0]?.left).toBe(true);
  });
});
