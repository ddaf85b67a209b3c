import { afterEach, beforeEach, expect, test } from "vitest";
import { AuthorityProcess, DataDir, until } from "./authority-process.ts";
import { RawReader } from "./raw-reader.ts";

const MIB = 1024 * 1024;

let dir: DataDir;
let authority: AuthorityProcess;

beforeEach(async () => {
  dir = new DataDir();
  authority = new AuthorityProcess(dir.database);
  await authority.start();
});

afterEach(async () => {
  await authority.kill();
  dir.remove();
});

test("[P4] a reader that reads nothing for two minutes while 200,000 changes pass costs neither memory nor the others' time", async () => {
  const url = `ws://127.0.0.1:${authority.port}/sync`;
  const other = authority.follow();
  const reader = new RawReader(url);
  // A harder load first: what the runtime takes for itself under load is there before the comparison begins.
  await authority.get("/load?changes=100000&rate=5000");
  await until("both are level", () => reader.version === 100_000 && other.version === 100_000);
  const ages: number[] = [];
  other.subscribe(() => {
    const newest = other.state.metrics.get(`host-${(other.version - 1) % 1000}`);
    if (newest !== undefined) ages.push(Date.now() - Number(newest.at));
  });
  const quiet = await agesDuring(ages, 10_000);
  await until("the reader is level", () => reader.version === 110_000);
  const before = await authority.facts();

  reader.stopReading();
  let peak = before.memory;
  const watching = setInterval(async () => {
    const { memory } = await authority.facts();
    if (memory.rss > peak.rss) peak = memory;
  });
  const meanwhile = await agesDuring(ages, 200_000);
  clearInterval(watching);
  const during = await authority.facts();
  reader.readOn();
  const code = await reader.closed;
  const again = new RawReader(url, reader.position, reader.state);
  await until("the reader is level again", () => again.version === during.version && again.levelDigest !== null);
  again.end();
  other.stop();

  expect(peak.rss, JSON.stringify({ before: before.memory, peak })).toBeLessThan(before.memory.rss + 64 * MIB);
  expect(code).toBe(4408);
  expect(during.sync.tooSlow).toBe(1);
  expect(again.types).toEqual(["sync", "delta", "sync"]);
  expect(again.levelDigest).toBe(during.digest);
  expect(again.digest).toBe(during.digest);
  // Both are about the 100 ms for which metrics are gathered; the room is for what else the machine does meanwhile.
  expect(median(meanwhile)).toBeLessThan(1.5 * median(quiet) + 20);
});

/** How old each change was when the other client showed it, while so many are made, about 1,650 a second. */
async function agesDuring(ages: number[], changes: number): Promise<number[]> {
  ages.length = 0;
  await authority.get(`/load?changes=${changes}&rate=1650`);
  return [...ages];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
