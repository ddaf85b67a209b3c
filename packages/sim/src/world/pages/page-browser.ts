/** The browser of one page keeps its queue, with what may go wrong there: a page ends in the middle, a transaction fails. */

import type { FoundLines, KeptLine, KeptMutation, LinesStep, QueuePlace } from "@neverstale/client/queue";
import type { Random } from "../../plan/random.ts";
import type { SimEnvironment } from "../environment.ts";

export class PageBrowser {
  readonly #environment: SimEnvironment;
  readonly #random: Random;
  readonly #watch: BrowserWatch;
  #eras: Readonly<Record<string, number>> = {};
  readonly #lines = new Map<string, KeptLine>();
  readonly #mutations = new Map<string, KeptMutation>();
  #doomed: readonly string[] = [];
  /** It goes with the tab. */
  readonly #remembered = new Map<string, readonly string[]>();
  #load = 0;
  #jobs: Job[] = [];
  /** The page has decided this, and it is not on the disk yet. */
  #decided: LinesStep | null = null;
  #isBusy = false;
  #sinceFailure = 0;
  /** Locks are held by loads of the page. */
  readonly #held = new Map<string, number>();
  #waiters: Waiter[] = [];

  constructor(environment: SimEnvironment, random: Random, watch: BrowserWatch) {
    this.#environment = environment;
    this.#random = random;
    this.#watch = watch;
  }

  get mutations(): ReadonlyMap<string, KeptMutation> {
    return this.#mutations;
  }

  line(name: string): KeptLine | null {
    return this.#lines.get(name) ?? null;
  }

  /** Something of this user is kept, and is not to be deleted. */
  keepsOf(user: string): boolean {
    return !this.#doomed.includes(user) && [...this.#lines.values()].some((line) => line.user === user);
  }

  /** The page is loaded anew, in the same tab or in another one. */
  reload(isClosed: boolean): void {
    const before = this.#load;
    this.#load += 1;
    if (this.#decided !== null && this.#random.chance(0.5)) this.#commit(this.#decided);
    this.#decided = null;
    this.#jobs = [];
    this.#isBusy = false;
    if (isClosed) this.#remembered.clear();
    // The page before is there for a moment still.
    this.#watch.later(this.#random.int(0, 300), () => {
      for (const [name, load] of [...this.#held]) if (load <= before) this.#release(name, load);
    });
  }

  place(): QueuePlace {
    const load = this.#load;
    return {
      transact: (decide) =>
        new Promise((resolve, reject) => {
          if (load !== this.#load) return;
          this.#jobs.push({ decide, resolve, reject });
          this.#work();
        }),
      lock: (name, waitMs) => this.#lock(name, waitMs, load),
      remember: (scope, lines) => this.#remembered.set(scope, lines),
      remembered: (scope) => this.#remembered.get(scope) ?? [],
      doom: (user) => {
        this.#doomed = [...new Set([...this.#doomed, user])];
      },
      doomed: () => this.#doomed,
      spare: (users) => {
        this.#doomed = this.#doomed.filter((user) => !users.includes(user));
      },
      tell: () => {},
      hear: () => {},
    };
  }

  #work(): void {
    const job = this.#isBusy ? undefined : this.#jobs.shift();
    if (job === undefined) return;
    this.#isBusy = true;
    this.#inPage(() => {
      const found: FoundLines = {
        eras: this.#eras,
        lines: [...this.#lines.values()],
        mutations: [...this.#mutations.values()],
      };
      this.#decided = job.decide(found);
      this.#inPage(() => this.#end(job));
    });
  }

  /** A place that fails again and again is given up, so it does not here. */
  #end({ resolve, reject }: Job): void {
    const fails = this.#sinceFailure > 3 && this.#random.chance(0.03);
    this.#sinceFailure = fails ? 0 : this.#sinceFailure + 1;
    if (!fails && this.#decided !== null) this.#commit(this.#decided);
    this.#decided = null;
    this.#isBusy = false;
    if (fails) reject(new Error("the disk fails"));
    else resolve();
    this.#work();
  }

  #inPage(run: () => void): void {
    const load = this.#load;
    this.#environment.after(this.#random.int(0, 15), () => {
      if (load === this.#load) run();
    });
  }

  #commit({ eras, drop = [], write = [] }: LinesStep): void {
    const before = new Map(this.#mutations);
    if (eras !== undefined) this.#eras = eras;
    for (const line of drop) {
      this.#lines.delete(line);
      for (const [key, kept] of before) if (kept.line === line) this.#mutations.delete(key);
    }
    for (const { line, put, remove } of write) {
      this.#lines.set(line.line, line);
      for (const kept of put) this.#mutations.set(`${kept.line}.${kept.n}`, kept);
      for (const n of remove) this.#mutations.delete(`${line.line}.${n}`);
    }
    this.#watch.note(
      `drops ${drop.join()}${write.map(({ line, put, remove }) => ` writes ${line.line} up to ${line.sent}: ${put.map(({ n }) => n)} without ${remove}`)}`,
    );
    const gone = [...before].filter(([key]) => !this.#mutations.has(key)).map(([, kept]) => kept);
    this.#watch.committed(gone, eras !== undefined);
  }

  #lock(name: string, waitMs: number | null, load: number): Promise<(() => void) | null> {
    return new Promise((resolve) => {
      const grant = () => {
        this.#held.set(name, load);
        resolve(() => this.#release(name, load));
      };
      if (!this.#held.has(name)) return grant();
      if (waitMs === 0) return resolve(null);
      const waiter = { name, load, grant };
      this.#waiters.push(waiter);
      if (waitMs === null) return;
      this.#environment.after(waitMs, () => {
        if (!this.#waiters.includes(waiter)) return;
        this.#waiters = this.#waiters.filter((one) => one !== waiter);
        resolve(null);
      });
    });
  }

  #release(name: string, load: number): void {
    if (this.#held.get(name) !== load) return;
    this.#held.delete(name);
    const next = this.#waiters.find((waiter) => waiter.name === name && waiter.load === this.#load);
    this.#waiters = this.#waiters.filter((waiter) => waiter !== next && waiter.load === this.#load);
    next?.grant();
  }
}

export interface BrowserWatch {
  /** It happens outside of the page. */
  later(ms: number, run: () => void): void;
  note(what: string): void;
  /** These are not kept any more. With `isDropped` a user has dropped all. */
  committed(gone: readonly KeptMutation[], isDropped: boolean): void;
}

interface Job {
  readonly decide: (found: FoundLines) => LinesStep;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Waiter {
  readonly name: string;
  readonly load: number;
  readonly grant: () => void;
}
