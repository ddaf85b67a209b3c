/** A key has a floor: below it nobody remembers which records had it, so a view with the key is not resumed from there (rule V7). */

export class KeyFloors {
  /** Below it no view is resumed, whatever its keys. */
  all: KeyFloor = { version: 0, raisedAt: 0 };
  readonly #floors = new Map<string, KeyFloor>();

  /** At `head` it was forgotten who had these keys before `version`. */
  raise(keys: readonly string[], version: number, head: number): void {
    for (const key of keys)
      this.set(key, { version: Math.max(version, this.#floors.get(key)?.version ?? 0), raisedAt: head });
  }

  set(key: string, floor: KeyFloor): void {
    this.#floors.set(key, floor);
  }

  /** It returns the floor of a view with these keys. */
  of(keys: Iterable<string>): number {
    let { version } = this.all;
    if (this.#floors.size > 0) for (const key of keys) version = Math.max(version, this.#floors.get(key)?.version ?? 0);
    return version;
  }

  get size(): number {
    return this.#floors.size;
  }

  /**
   * Where too many keys have one of their own, the floor of all rises over those of half of them, which are forgotten. It returns their
   * keys.
   */
  bound(head: number, most: number = MAX_FLOORS): readonly string[] {
    if (this.#floors.size <= most) return NONE;
    const versions = [...this.#floors.values()].map(({ version }) => version).sort((a, b) => a - b);
    const version = versions[versions.length >> 1] as number;
    this.all = { version, raisedAt: head };
    const gone = [...this.#floors].filter(([, floor]) => floor.version <= version).map(([key]) => key);
    for (const key of gone) this.#floors.delete(key);
    return gone;
  }

  /** It returns those that were raised after a version. */
  raisedAfter(version: number): (readonly [string, number])[] {
    return [...this.#floors]
      .filter(([, { raisedAt }]) => raisedAt > version)
      .map(([key, floor]) => [key, floor.version]);
  }
}

interface KeyFloor {
  readonly version: number;
  /** The store has it once it has been folded to this version. */
  readonly raisedAt: number;
}

const NONE: readonly string[] = Object.freeze([]);
/** So many keys of a space have a floor of their own. */
const MAX_FLOORS = 65_536;
