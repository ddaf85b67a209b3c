/** Passwords are hashed and verified here, a few at a time, so that sign-ins can't eat the machine. */

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { type Claimant, FairQueue } from "../fair-queue.ts";

/** The places for hashing are shared fairly among those who ask. */
export class Passwords {
  readonly #waiting: FairQueue<Turn>;
  #running = 0;

  /** `maxWaiting` of all claimants together may wait for their turn. */
  constructor(maxWaiting = 20) {
    this.#waiting = new FairQueue(maxWaiting);
  }

  /** It returns `scrypt$N$r$p$salt$hash`. It throws `too_many_requests` when too many wait already. */
  async hash(password: string, who = OURSELVES): Promise<string> {
    const salt = randomBytes(16);
    const key = await this.#derive(password, salt, COST, who);
    return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString("base64url")}$${key.toString("base64url")}`;
  }

  /** It takes the same time for a user who doesn't exist or has no password (C21). */
  async verify(password: string, stored: string | undefined, who = OURSELVES): Promise<boolean> {
    const [, N, r, p, salt, expected] = (stored ?? NOBODY).split("$");
    const cost = { N: Number(N), r: Number(r), p: Number(p) };
    const key = await this.#derive(password, Buffer.from(salt ?? "", "base64url"), cost, who);
    const same = timingSafeEqual(key, Buffer.from(expected ?? "", "base64url"));
    return same && stored !== undefined;
  }

  async #derive(password: string, salt: Buffer, cost: ScryptOptions, who: Claimant): Promise<Buffer> {
    await this.#enter(who);
    try {
      return await derive(password.normalize("NFKC"), salt, { ...cost, maxmem: MAX_MEMORY });
    } finally {
      this.#leave();
    }
  }

  async #enter(who: Claimant): Promise<void> {
    if (this.#running < AT_ONCE) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((begin, reject) => {
      const refuse = () =>
        reject(new RequestRefusal("too_many_requests", "too many sign-ins at once", { retryAfterS: 5 }));
      this.#waiting.add(who, { begin, refuse })?.refuse();
    });
  }

  /** Whoever waits has the place at once. If it were free in between, somebody else could take it. */
  #leave(): void {
    const next = this.#waiting.next();
    if (next === null) this.#running -= 1;
    else next.begin();
  }
}

/** One hash takes 128 MiB and some tenths of a second (C18). */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const;
const MAX_MEMORY = 160 * 1024 * 1024;
const KEY_BYTES = 32;
/** So many hashes are made at the same time (C19). */
const AT_ONCE = 2;

/** Somebody waits for a place. */
interface Turn {
  readonly begin: () => void;
  readonly refuse: () => void;
}

/** The server itself asks under this name. */
const OURSELVES: Claimant = { key: "", known: true };

const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$${"A".repeat(22)}$${"A".repeat(43)}`;

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
