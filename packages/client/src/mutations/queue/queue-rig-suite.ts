/** A browser whose pages keep what they ask for, in memory, and a board that they follow. */

import { FakeEnvironment, promisesSettled } from "../../environment/fake-environment-suite.ts";
import { A, addCard, countUp, io, level, openBoard, putCard, stateAt, sync } from "../board-rig-suite.ts";
import type { MutationOutcome } from "../mutating.ts";
import { mutations } from "../mutations.ts";
import { KeptQueue, type KeptQueueParts } from "./kept-queue.ts";
import type { FoundLines, KeptLine, KeptMutation, LinesStep, QueuePlace } from "./queue-place.ts";

export class QueueBrowser {
  eras: Readonly<Record<string, number>> = {};
  readonly lines = new Map<string, KeptLine>();
  readonly mutations = new Map<string, KeptMutation>();
  doomed: readonly string[] = [];
  /** Transactions fail. */
  isBroken = false;
  /** Transactions wait until somebody calls these. */
  held: (() => void)[] | null = null;
  readonly #locks = new Map<string, BrowserTab>();
  readonly #waiting: { readonly name: string; readonly tab: BrowserTab; readonly grant: () => void }[] = [];
  readonly #listeners = new Set<(user: string, from: BrowserTab) => void>();

  get names(): string[] {
    return [...this.mutations.values()].map(({ name, n }) => `${n} ${name}`);
  }

  /** What was held is done. */
  async goOn(): Promise<void> {
    const held = this.held ?? [];
    this.held = null;
    for (const go of held) go();
    await settle();
  }

  placeOf(tab: BrowserTab): QueuePlace {
    return {
      transact: async (decide) => {
        const { held } = this;
        if (held !== null) await new Promise<void>((go) => held.push(go));
        if (this.isBroken) throw new Error("the disk is full");
        if (!tab.isOpen) return new Promise(() => {});
        this.#carryOut(decide({ eras: this.eras, lines: [...this.lines.values()], mutations: this.#all }));
      },
      lock: (name, waitMs) => this.#lock(name, waitMs, tab),
      remember: (scope, lines) => tab.remembered.set(scope, lines),
      remembered: (scope) => tab.remembered.get(scope) ?? [],
      doom: (user) => {
        this.doomed = [...this.doomed, user];
      },
      doomed: () => this.doomed,
      spare: (users) => {
        this.doomed = this.doomed.filter((user) => !users.includes(user));
      },
      tell: (user) => {
        for (const listener of this.#listeners) listener(user, tab);
      },
      hear: (told) => {
        this.#listeners.add((user, from) => {
          if (from !== tab && tab.isOpen) told(user);
        });
      },
    };
  }

  get #all(): FoundLines["mutations"] {
    return [...this.mutations.values()];
  }

  #carryOut({ eras, drop = [], write = [] }: LinesStep): void {
    this.eras = eras ?? this.eras;
    for (const line of drop) {
      this.lines.delete(line);
      for (const [key, kept] of [...this.mutations]) if (kept.line === line) this.mutations.delete(key);
    }
    for (const { line, put, remove } of write) {
      this.lines.set(line.line, line);
      for (const kept of put) this.mutations.set(`${kept.line}.${kept.n}`, kept);
      for (const n of remove) this.mutations.delete(`${line.line}.${n}`);
    }
  }

  #lock(name: string, waitMs: number | null, tab: BrowserTab): Promise<(() => void) | null> {
    return new Promise((resolve) => {
      const grant = () => {
        this.#locks.set(name, tab);
        resolve(() => this.#release(name));
      };
      if (!this.#locks.has(name)) return grant();
      if (waitMs === null) this.#waiting.push({ name, tab, grant });
      else resolve(null);
    });
  }

  #release(name: string): void {
    this.#locks.delete(name);
    const next = this.#waiting.findIndex((one) => one.name === name && one.tab.isOpen);
    if (next >= 0) this.#waiting.splice(next, 1)[0]?.grant();
  }

  /** The page of a tab is gone, with what it was about to do. */
  leave(tab: BrowserTab): void {
    tab.isOpen = false;
    for (const [name, holder] of [...this.#locks]) if (holder === tab) this.#release(name);
  }
}

export interface BrowserTab {
  isOpen: boolean;
  readonly remembered: Map<string, readonly string[]>;
}

export type PageOptions = Partial<KeptQueueParts> & {
  readonly user?: string;
  readonly url?: string;
  /** It is loaded in this tab, in the place of the page that was there. */
  readonly tab?: BrowserTab;
  /** It answers instead of the test. */
  readonly posts?: FakeEnvironment["answer"];
};

let pages = 0;

/** A page told this of what was asked for before it was loaded. */
export let told: { readonly outcome: MutationOutcome; readonly name: string }[] = [];

/** `io`, `sync` and `posted` of the board's rig are those of this page from here on. */
export async function openPage(
  browser: QueueBrowser,
  { user = "ann", url = "/sync", tab, posts, ...parts }: PageOptions = {},
) {
  const own: BrowserTab = { isOpen: true, remembered: tab?.remembered ?? new Map() };
  const place = browser.placeOf(own);
  const here: typeof told = [];
  told = here;
  const declared = [addCard, countUp, putCard];
  const environment = new FakeEnvironment();
  environment.newId = () => `page-${++pages}`;
  openBoard(
    {
      user,
      url,
      autoStart: false,
      mutations: mutations({
        queue: (host) =>
          new KeptQueue(host, {
            place,
            mutations: declared,
            told: (outcome, { name }) => here.push({ outcome, name }),
            ...parts,
          }),
      }),
    },
    environment,
  );
  if (posts !== undefined) environment.answer = posts;
  sync.start();
  await settle();
  return own;
}

/** The page is live at this version. */
export async function connect(version = 10): Promise<void> {
  await settle();
  io.socket.open().push(stateAt(version, A));
  level(version);
  await settle();
}

/** The page is loaded again in its tab. */
export async function reload(browser: QueueBrowser, tab: BrowserTab, parts: PageOptions = {}) {
  browser.leave(tab);
  sync.stop();
  return openPage(browser, { tab, ...parts });
}

/** Everything that waits for nothing else has happened. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await promisesSettled();
}
