/** The trace is what happened, line by line: as one number, and as text where somebody wants to read it. */

export class Trace {
  readonly lines: string[] | null;
  #low = 0x811c9dc5;
  #high = 0xcbf29ce4;

  constructor(keepLines: boolean) {
    this.lines = keepLines ? [] : null;
  }

  line(now: number, text: string): void {
    const line = `${now} ${text}`;
    this.#add(line);
    this.lines?.push(line);
  }

  /** There are two lanes of FNV-1a. The second one is stirred in another way. */
  #add(line: string): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < line.length; i += 1) {
      const code = line.charCodeAt(i);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code, 0x85ebca6b) + low;
    }
    this.#low = low ^ 10;
    this.#high = high ^ 10;
  }

  /** These are 16 hex digits. They are the same in two runs when every line was. */
  get hash(): string {
    return hex(this.#high) + hex(this.#low);
  }
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, "0");
}

/** It makes a short number of a long text, so that a trace tells two messages apart. */
export function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hex(hash);
}
