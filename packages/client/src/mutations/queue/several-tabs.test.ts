import type { LineAnswer, LineOutcome, LineRequest } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { type FakeEnvironment, json } from "../../environment/fake-environment-suite.ts";
import type { Replica } from "../../replica.ts";
import { type Board, io, putCard, sync } from "../board-rig-suite.ts";
import { type BrowserTab, openPage, QueueBrowser, settle } from "./queue-rig-suite.ts";

/** It decides each number of a line once, in its turn, and now and then its answer is lost. */
class LineServer {
  readonly done: string[] = [];
  readonly wrong: string[] = [];
  readonly #lasts = new Map<string, number>();
  readonly #chance: () => number;
  isReachable = true;

  constructor(chance: () => number) {
    this.#chance = chance;
  }

  readonly answer: FakeEnvironment["answer"] = async (request) => {
    const asked = JSON.parse(request.body ?? "") as LineRequest;
    const isHeard = this.isReachable && this.#chance() < 0.8;
    const answer = isHeard ? this.#decide(asked) : null;
    await settle();
    if (answer === null || !this.isReachable || this.#chance() < 0.2) throw new Error("the answer is lost");
    return json(200, answer);
  };

  #decide({ line, mutations }: LineRequest): LineAnswer {
    const [first] = mutations;
    const last = this.#lasts.get(line) ?? 0;
    if ((first?.n ?? 1) > last + 1) return { epoch: "e1", outcomes: [], behind: last };
    const outcomes = mutations.map(({ n, name, args }): LineOutcome => {
      if (n > (this.#lasts.get(line) ?? 0)) {
        this.#lasts.set(line, n);
        if (name !== "dropped") this.#carryOut((args as { readonly id: string }).id);
      }
      return { n, type: "done", version: 10, answer: null };
    });
    return { epoch: "e1", outcomes };
  }

  #carryOut(id: string): void {
    if (this.done.includes(id)) this.wrong.push(`${id} is done twice`);
    this.done.push(id);
  }
}

interface OpenTab {
  readonly tab: BrowserTab;
  readonly page: Replica<Board>;
  readonly clock: FakeEnvironment;
}

function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function explore(seed: number): Promise<{ server: LineServer; browser: QueueBrowser; owed: Set<string> }> {
  const chance = chanceOf(seed);
  const server = new LineServer(chance);
  const browser = new QueueBrowser();
  /** They were kept once, and nobody has dropped them. */
  const owed = new Set<string>();
  const tabs: OpenTab[] = [];
  const pick = () => tabs[Math.floor(chance() * tabs.length)] as OpenTab;
  const open = async (tab?: BrowserTab) => {
    const own = await openPage(browser, { posts: server.answer, ...(tab === undefined ? {} : { tab }) });
    tabs.push({ tab: own, page: sync, clock: io });
  };
  const close = ({ tab, page }: OpenTab) => {
    for (const { isKept, args } of page.pending) if (isKept) owed.add((args as { id: string }).id);
    browser.leave(tab);
    page.stop();
    tabs.splice(
      tabs.findIndex((one) => one.tab === tab),
      1,
    );
  };
  const drop = async ({ page }: OpenTab) => {
    const last = page.pending.findLast(({ wasSent }) => !wasSent);
    if (last === undefined || !page.drop(last.key)) return;
    await settle();
    const { id } = last.args as { id: string };
    if (server.done.includes(id)) server.wrong.push(`${id} is dropped, and done`);
    owed.delete(id);
    dropped.add(id);
  };
  const dropped = new Set<string>();
  await open();
  for (let step = 0; step < 40; step += 1) {
    const what = chance();
    if (what < 0.4) void pick().page.mutate(putCard, { id: `${step}` });
    else if (what < 0.5) await drop(pick());
    else if (what < 0.6 && tabs.length < 4) await open();
    else if (what < 0.7 && tabs.length > 1) close(pick());
    else if (what < 0.8) {
      const one = pick();
      close(one);
      await open(one.tab);
    } else if (what < 0.85) server.isReachable = !server.isReachable;
    else await pick().clock.pass(Math.floor(chance() * 15_000));
    if (chance() < 0.5) await settle();
  }
  server.isReachable = true;
  for (let round = 0; round < 40 && browser.mutations.size > 0; round += 1)
    for (const { clock } of tabs) await clock.pass(15_000);
  for (const id of dropped) if (server.done.includes(id)) server.wrong.push(`${id} was dropped, and is done`);
  return { server, browser, owed };
}

test("[U19] whatever tabs do, what is kept is done once, by one of them, and nothing is left", async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { server, browser, owed } = await explore(seed);

    expect(server.wrong, `seed ${seed}`).toEqual([]);
    expect(
      [...owed].filter((id) => !server.done.includes(id)),
      `seed ${seed}`,
    ).toEqual([]);
    expect(browser.names, `seed ${seed}`).toEqual([]);
  }
});
