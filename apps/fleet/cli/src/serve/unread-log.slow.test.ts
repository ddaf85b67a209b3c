import { afterEach, describe, expect, test } from "vitest";
import { answers, Serving } from "./serve-process-suite.ts";

const serving = new Serving();
afterEach(() => serving.dispose());

/** Requests that are refused, each of which would be a line of the log. */
async function beRefused(address: string, times: number): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let count = 0; count < times; count += 1) {
    const answer = await fetch(`${address}/api/state`, { headers: { origin: "x".repeat(12_000) } });
    await answer.arrayBuffer();
    statuses.add(answer.status);
  }
  return statuses;
}

describe("a log that nobody reads", () => {
  test("stops no answer and no end", async () => {
    const started = serving.serve();
    started.child.stderr?.pause();
    const address = await started.listening();

    expect(await beRefused(address, 100)).toEqual(new Set([401]));
    expect(await answers(address)).toBe(true);
    started.child.kill("SIGTERM");

    expect(await started.end()).toBe(0);
  });

  test("whose reader has gone ends nothing", async () => {
    const started = serving.serve();
    const address = await started.listening();
    started.child.stderr?.destroy();

    await beRefused(address, 30);

    expect(await answers(address)).toBe(true);
    started.child.kill("SIGTERM");
    expect(await started.end()).toBe(0);
  });

  test("refusals of one address are sampled, and counted", async () => {
    const started = serving.serve();
    const address = await started.listening();

    await beRefused(address, 60);

    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(Number(/neverstale_log_refusals_left_out (\d+)/.exec(metrics)?.[1])).toBeGreaterThanOrEqual(20);
    expect(metrics).toContain("neverstale_log_lines_dropped 0\n");
    started.child.kill("SIGTERM");
    await started.end();
    expect(started.err.match(/a request was refused/g)?.length).toBeLessThan(40);
  });
});
