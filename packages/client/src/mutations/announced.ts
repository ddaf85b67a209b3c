/** A connection says which mutations are in the state that a message is about to bring (rule U11). */

import type { MutatedMessage, Position } from "@neverstale/protocol";

export class Announced {
  /** They were said in front of messages that have not come yet. Each tells of more of a line, so there are as many as mutations at most. */
  #ahead: MutatedMessage[] = [];
  /** The connection has said that all up to this number of a line are in the state. */
  readonly said = new Map<string, number>();

  /** An announcement of the connection before counts no more: its message does not come, and the next connection announces it again. */
  forget(): void {
    this.#ahead = [];
    this.said.clear();
  }

  hear(message: MutatedMessage): void {
    this.#ahead.push(message);
  }

  /** It returns those that are in the state at this position, the last of each line. */
  take(position: Position): readonly MutatedMessage[] {
    if (this.#ahead.length === 0) return [];
    const due = this.#ahead.filter(({ version }) => version <= position.version);
    this.#ahead = this.#ahead.filter(({ version }) => version > position.version);
    for (const { line, n } of due) this.said.set(line, n);
    return [...new Map(due.map((message) => [message.line, message])).values()];
  }

  /** It was decided, whether its message has come or not. */
  names({ line, n }: Pick<MutatedMessage, "line" | "n">): boolean {
    return n <= (this.said.get(line) ?? 0) || this.#ahead.some((message) => message.line === line && n <= message.n);
  }
}
