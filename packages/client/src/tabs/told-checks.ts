/** The checks of all tabs go over one connection, under numbers of its own. */

/** A check that is answered is forgotten, and so are the oldest ones beyond this number: whoever sent them has given them up. */
const MOST_CHECKS = 1_000;

export class ToldChecks {
  #count = 0;
  #out: { readonly number: number; readonly tab: string; readonly n: number }[] = [];

  /** Returns the number under which this check is sent. */
  send(tab: string, n: number): number {
    this.#count += 1;
    this.#out.push({ number: this.#count, tab, n });
    if (this.#out.length > MOST_CHECKS) this.#out.shift();
    return this.#count;
  }

  /** An answer answers all that were sent before it. Returns the newest check of each tab that it answers. */
  answered(number: number): Readonly<Record<string, number>> {
    const answered: Record<string, number> = {};
    for (const check of this.#out) if (check.number <= number) answered[check.tab] = check.n;
    this.#out = this.#out.filter((check) => check.number > number);
    return answered;
  }
}
