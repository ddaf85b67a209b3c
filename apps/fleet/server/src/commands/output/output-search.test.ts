import { type OutputMatch, OutputPieceLine } from "@neverstale/fleet-domain";
import { utf8Bytes } from "@neverstale/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, dispatchUptime, Fleets, type HostAgent, onlineHost, signIn } from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { downloadOf } from "./output-download.ts";
import { MOST_LINE_CHARS, outputLines } from "./output-lines.ts";
import { patternOf } from "./output-pattern.ts";
import { outputPieces } from "./output-pieces.ts";
import { OutputSearch } from "./output-search.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;
let host: HostAgent;

beforeAll(async () => {
  fleet = await fleets.start();
  browser = await signIn(fleet);
  host = await onlineHost(browser, "web-1");
});
afterAll(() => fleets.end());

/** The agent sends it in pieces of 4,000 characters at most, whose bytes are counted. */
async function written(text: string): Promise<string> {
  const id = await dispatchUptime(browser, host);
  await host.claim(id);
  let offset = 0;
  const pieces = text.match(/[\s\S]{1,1000}/gu) ?? [];
  for (let at = 0; at < pieces.length; at += 90) {
    const reports = pieces.slice(at, at + 90).map((piece) => {
      const report = { type: "output", commandId: id, offset, bytes: utf8Bytes(piece), text: piece } as const;
      offset += report.bytes;
      return report;
    });
    await host.report(...reports);
  }
  await host.finished(id, "succeeded", offset);
  return id;
}

interface Found {
  readonly matches: readonly OutputMatch[];
  readonly next: string | null;
  readonly goOn: string | null;
  readonly searchedBytes: number;
}

async function find(id: string, query: Readonly<Record<string, string>>): Promise<Found> {
  const answer = await browser.get(`/api/commands/${id}/output/search?${new URLSearchParams(query)}`);
  expect([answer.status, answer.text.slice(0, 200)]).toEqual([200, expect.any(String)]);
  return answer.body as unknown as Found;
}

async function findAll(id: string, query: Readonly<Record<string, string>>): Promise<OutputMatch[]> {
  const all: OutputMatch[] = [];
  for (let from: string | null | undefined; from !== null; ) {
    const { matches, next } = await find(id, from === undefined ? query : { ...query, from });
    all.push(...matches);
    from = next;
  }
  return all;
}

test("a line is found wherever it stands, also where the page has let go of it, with its number and its byte", async () => {
  const lines = Array.from(
    { length: 30_000 },
    (_, at) => `line ${at + 1} \u001b[31mgrün\u001b[0m ${at % 10_000 === 7 ? "needle" : "hay"}`,
  );
  const text = `${lines.join("\n")}\n`;
  const id = await written(text);

  const matches = await findAll(id, { q: "grün needle" }); // On a slow machine one answer does not go through all of it.
  expect(fleet.manager.space(`output/${id}`)?.state.chunks?.size).toBe(64);
  expect(matches.map(({ line }) => line)).toEqual([8, 10_008, 20_008]);
  for (const { line, offset, column, length, text: shown } of matches) {
    expect(offset).toBe(utf8Bytes(lines.slice(0, line - 1).join("\n")) + 1);
    expect(shown.slice(column, column + length)).toBe("grün needle");
  }
  expect(await findAll(id, { q: "\u001b[31m" })).toEqual([]);
});

test("a place in the middle, its end and any line are found without reading all that stands before", async () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at + 1} ${"ä".repeat(at % 23)}`);
  const text = `${lines.join("\n")}\n`;
  const id = await written(text);
  const total = utf8Bytes(text);
  const pieces = async (query: string) => {
    const answer = await browser.get(`/api/commands/${id}/output?format=pieces&${query}`);
    return answer.text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => OutputPieceLine.parse(JSON.parse(line)));
  };
  const all = await pieces("");
  expect(all.map((piece) => piece.text).join("")).toBe(text);
  for (const piece of all) {
    const before = Buffer.from(text).subarray(0, piece.offset).toString();
    expect(piece.line).toBe(before.split("\n").length);
  }

  for (const offset of [1, 999, Math.floor(total / 3), Math.floor(total / 2), total - 900, total - 1]) {
    const first = all.findIndex((piece) => piece.offset + piece.bytes > offset);
    expect(await pieces(`from=${offset}&limit=3`)).toEqual(all.slice(first, first + 3));
    const end = all.findIndex((piece) => piece.offset >= offset);
    const before = end === -1 ? all : all.slice(0, end);
    expect(await pieces(`before=${offset}&limit=90`)).toEqual(before.slice(-90));
  }
  expect(await pieces(`from=${total}`)).toEqual([]);
  for (const line of [1, 2, 500, 9_999, 19_950, 20_000]) {
    const found = await pieces(`line=${line}&limit=4`);
    const [first] = found;
    expect(first?.line).toBeLessThanOrEqual(line);
    const shown = found.map((piece) => piece.text).join("");
    expect(shown.split("\n")[line - (first?.line ?? 0)]).toBe(lines[line - 1]);
  }
  let reads = 0;
  const counted = {
    space: (name: string) => fleet.manager.space(name),
    history: (query: Parameters<typeof fleet.manager.history>[0]) => {
      reads += query.limit;
      return fleet.manager.history(query);
    },
  } as unknown as typeof fleet.manager;
  await downloadOf(counted, id, "pieces", { from: Math.floor(total / 2), limit: 2 }).next();
  expect(reads).toBeLessThan(600);
});

test("a search goes on where an output has grown, with its last line again", async () => {
  const id = await dispatchUptime(browser, host);
  await host.claim(id);
  const write = (offset: number, text: string) =>
    host.report({ type: "output", commandId: id, offset, bytes: utf8Bytes(text), text });
  await write(0, "needle\nhay\nnee");
  const first = await find(id, { q: "needle" });
  await write(14, "dle\nneedle\n");

  const second = await find(id, { q: "needle", from: first.goOn ?? "" });

  expect(first.matches.map(({ line }) => line)).toEqual([1]);
  expect(second.matches.map(({ line, offset }) => [line, offset])).toEqual([
    [3, 11],
    [4, 18],
  ]);
  await host.finished(id, "succeeded", 25);
});

test("a hard pattern looks at a long line in shorter parts, so that no other work waits for it", () => {
  const [easy, hard] = ["needle\\d", "(a{1,20}){1,12}b"].map((q) => patternOf({ q, regex: true, ignoreCase: false }));

  expect(easy?.mostChars).toBe(MOST_LINE_CHARS);
  expect(hard?.mostChars).toBeLessThan(MOST_LINE_CHARS / 4);
  expect(hard?.find(`${"a".repeat(40)}b`)).toEqual([0, 41]);
});

test("pages of matches follow each other without a gap or a repetition, in pieces of any length", async () => {
  const id = await written(Array.from({ length: 2_500 }, (_, at) => `${at}: ${"x".repeat(at % 97)} ä😀 ok`).join("\n"));

  const all = await findAll(id, { q: "ok", limit: "7" });

  expect(all.map(({ line }) => line)).toEqual(Array.from({ length: 2_500 }, (_, at) => at + 1));
  const once = await find(id, { q: "ok", limit: "1000" });
  expect(all.slice(0, once.matches.length)).toEqual(once.matches);
});

test("regular expressions and letters of either case are found", async () => {
  const id = await written("one Error 42\ntwo error\nthree ok\nError: 7\n");
  const linesOf = async (query: Record<string, string>) => (await findAll(id, query)).map(({ line }) => line);

  expect(await linesOf({ q: "error", ignoreCase: "true" })).toEqual([1, 2, 4]);
  expect(await linesOf({ q: "^Error: \\d+$", regex: "true" })).toEqual([4]);
  expect(await linesOf({ q: "error|OK", regex: "true", ignoreCase: "true" })).toEqual([1, 2, 3, 4]);
  expect(await linesOf({ q: "(", regex: "false" })).toEqual([]);
  for (const q of ["(", "(a)\\1", "(?=a)b", "((a{1,30}){1,30}){1,30}"]) {
    const refused = await browser.get(`/api/commands/${id}/output/search?${new URLSearchParams({ q, regex: "true" })}`);
    expect([q, refused.status, refused.body.code]).toEqual([q, 400, "bad_request"]);
  }
  expect((await browser.get(`/api/commands/${id}/output/search?q=a&from=x`)).status).toBe(400);
  expect((await browser.get("/api/commands/no-such-command/output/search?q=a")).status).toBe(404);
});

test("[B142] a line that is very long comes in parts under one number, and nothing of it is lost", async () => {
  const long = "ä😀b".repeat(20_000);
  const id = await written(`first\n${long}needle\nlast`);
  const parts: string[] = [];
  const numbers = new Set<number>();
  for await (const { line, text } of outputLines(outputPieces(fleet.manager, id))) {
    expect(text.length).toBeLessThanOrEqual(MOST_LINE_CHARS);
    expect(text.isWellFormed()).toBe(true);
    if (line === 2) parts.push(text);
    numbers.add(line);
  }

  expect(parts.length).toBeGreaterThan(4);
  expect(parts.join("")).toBe(`${long}needle`);
  expect([...numbers]).toEqual([1, 2, 3]);
  const [match] = await findAll(id, { q: "needle" });
  expect(match?.line).toBe(2);
  expect(match?.text.length).toBeLessThanOrEqual(300);
});

test("[B143] one answer goes through a bounded part, however hard the pattern is, and the next one goes on", async () => {
  const id = await written(`${`${"a".repeat(2_000)}\n`.repeat(600)}needle\n`);
  let at = 0;
  const search = new OutputSearch({ manager: fleet.manager, steadyNow: () => ++at, pause: async () => {} });
  const query = { q: "(a|a)*b|needle", regex: true, ignoreCase: false, limit: 10 };

  const first = await search.find(id, query);
  expect(first).toMatchObject({ matches: [], next: expect.any(String) });
  const numbers: number[] = [];
  let answers = 1;
  for (let from = first.next; from !== null; answers += 1) {
    const { matches, next } = await search.find(id, { ...query, from });
    numbers.push(...matches.map(({ line }) => line));
    from = next;
  }

  expect(numbers).toEqual([601]);
  expect(answers).toBeGreaterThan(1);
  expect(search.metrics.outputBytesSearched).toBe(600 * 2_001 + 7);
});

test("[B144] so many search at once: one more is told to come back", async () => {
  const id = await written("hay\n".repeat(2_000));
  let go = () => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  let now = 0;
  const search = new OutputSearch({ manager: fleet.manager, steadyNow: () => (now += 20), pause: () => held });
  const query = { q: "needle", regex: false, ignoreCase: false, limit: 10 };
  const running = Array.from({ length: 4 }, () => search.find(id, query));

  await expect(search.find(id, query)).rejects.toMatchObject({ code: "too_many_requests", retryAfterS: 1 });
  expect(search.metrics).toMatchObject({ outputSearches: 4, outputSearchesRefused: 1 });
  go();
  await Promise.all(running);
  expect((await search.find(id, query)).matches).toEqual([]);
});

test("an output is downloaded as it was written, plain, and as lines of JSON with their times", async () => {
  const text = "\u001b[32mone\u001b[0m\ntwo ä\n\nlast without an end";
  const id = await written(text);
  const get = (format: string) => browser.get(`/api/commands/${id}/output?format=${format}`);

  expect((await get("ansi")).text).toBe(text);
  expect((await get("plain")).text).toBe("one\ntwo ä\n\nlast without an end");
  const ndjson = await get("ndjson");
  expect(ndjson.headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
  const lines = ndjson.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => [line.line, line.offset, line.text])).toEqual([
    [1, 0, "one"],
    [2, 13, "two ä"],
    [3, 20, ""],
    [4, 21, "last without an end"],
  ]);
  expect(lines.every(({ at }) => Math.abs(Date.now() - Date.parse(at)) < 600_000)).toBe(true);
});

test("a download reads no further than somebody takes it", async () => {
  const id = await written("0123456789\n".repeat(300_000));
  let pages = 0;
  const counted = {
    space: (name: string) => fleet.manager.space(name),
    history: (query: Parameters<typeof fleet.manager.history>[0]) => {
      pages += 1;
      return fleet.manager.history(query);
    },
  } as unknown as typeof fleet.manager;
  const download = downloadOf(counted, id, "ansi");

  await download.next();
  const read = pages;
  let rest = 0;
  for await (const text of download) rest += text.length;

  expect(read).toBe(1);
  expect(pages).toBeGreaterThan(4);
  expect(rest).toBeGreaterThan(3_000_000);
});
