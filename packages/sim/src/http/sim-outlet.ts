/** A simulated outlet puts one answer of the real HTTP service on the simulated wire. */

import type { Frame } from "@neverstale/server";
import { eventsOf, headersOf, idLine, type Outlet, problemDocument, type Reply } from "@neverstale/server/http";
import type { SimFrame } from "../network/frames.ts";
import type { AnswerAudit } from "./answer-audit.ts";
import type { AnswerSink } from "./http-end.ts";

export class SimOutlet implements Outlet {
  readonly #sink: AnswerSink;
  readonly #now: () => number;
  readonly #audit: AnswerAudit;
  #ended: (() => void) | null = null;
  isOver = false;
  onOver: () => void = () => {};

  constructor(sink: AnswerSink, now: () => number, audit: AnswerAudit) {
    this.#sink = sink;
    this.#now = now;
    this.#audit = audit;
  }

  onEnd(run: () => void): void {
    if (this.isOver) run();
    else this.#ended = run;
  }

  reply(reply: Reply): void {
    if (this.isOver) return;
    this.#head(reply);
    const texts = textsOf(reply);
    this.#audit.wrote(texts, null);
    this.#audit.ended();
    if (texts.length > 0) this.#write(reply.body.type === "messages" ? linesOf(texts) : texts.join(""));
    this.#finish(() => this.#sink.ended());
  }

  begin(reply: Reply): void {
    if (!this.isOver) this.#head(reply);
  }

  #head(reply: Reply): void {
    const head = { status: reply.status, headers: headersOf(reply) };
    this.#audit.answered(head);
    this.#sink.answered(head);
  }

  write(frame: Frame, offsetMs: number): void {
    if (this.isOver) return;
    const texts = messagesIn(frame);
    this.#audit.wrote(texts, offsetMs);
    this.#write(idLine(offsetMs) + eventsOf(linesOf(texts)));
  }

  #write(text: string): void {
    this.#sink.wrote({ text, writtenAt: this.#now(), keptMs: 0 });
  }

  /** As on Node, a reader that takes nothing is cut off. */
  end(): void {
    if (this.isOver) return;
    this.#audit.ended();
    this.#finish(() => (this.congested ? this.#sink.failed() : this.#sink.ended()));
  }

  /** The process has ended, or the asker has gone. The other end is told by `tell`, if at all. */
  leave(tell: (sink: AnswerSink) => void = () => {}): void {
    if (!this.isOver) this.#finish(() => tell(this.#sink));
  }

  #finish(tell: () => void): void {
    tell();
    this.isOver = true;
    this.onOver();
    this.#ended?.();
    this.#ended = null;
  }

  together(run: () => void): void {
    run();
  }

  get congested(): boolean {
    return this.#sink.heldBytes > 0;
  }

  get sentBytes(): number {
    return this.#sink.sentBytes;
  }
}

function textsOf({ body }: Reply): readonly string[] {
  switch (body.type) {
    case "none":
      return [];
    case "problem": {
      const snapshot = body.snapshot === undefined ? {} : { snapshot: body.snapshot };
      return [JSON.stringify({ ...problemDocument(body.refusal), ...snapshot })];
    }
    case "state":
      return messagesIn(body.frame);
    case "messages":
      return body.frames.flatMap(messagesIn);
  }
}

function messagesIn(frame: Frame): string[] {
  return (frame as SimFrame).messages.map(({ text }) => text);
}

function linesOf(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
