/** Events of a stream are read from its text, piece by piece (rule H4). */

/** An event is a message, and says how long after the start of the stream it was written. */
export interface StreamEvent {
  readonly offsetMs: number;
  readonly text: string;
}

export class EventReader {
  #rest = "";
  #offsetMs = 0;

  /** Returns the events that are whole now. */
  read(piece: string): StreamEvent[] {
    const blocks = (this.#rest + piece).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => this.#eventIn(block));
  }

  /** An id holds for the events behind it, too. */
  #eventIn(block: string): StreamEvent[] {
    const data: string[] = [];
    for (const line of block.split("\n")) {
      if (line.startsWith("id: ")) this.#offsetMs = Number(line.slice(4));
      else if (line.startsWith("data: ")) data.push(line.slice(6));
    }
    return data.length === 0 ? [] : [{ offsetMs: this.#offsetMs, text: data.join("\n") }];
  }
}
