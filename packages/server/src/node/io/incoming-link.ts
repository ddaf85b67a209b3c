/** An incoming link is one that another node has dialled: it hands over what comes, and answers. */

import type { WebSocket } from "ws";
import { boundedMessages } from "../link/bounded-messages.ts";
import { addAnswer, type CallAnswer } from "../link/call-answers.ts";
import type { NodeLinkCounts, NodeLinkLimits } from "../link/link-limits.ts";
import { type Answered, type LinkSaid, saidIn } from "../link/messages.ts";
import { told } from "../link/told-error.ts";
import type { ForwardedCall, LinkedNode } from "../node-link.ts";
import { mostBytes, NodeLine } from "./line.ts";
import { linkText } from "./outgoing-link.ts";

export class IncomingLink {
  readonly from: LinkCaller;
  readonly #parts: IncomingParts;
  readonly #line: NodeLine;
  /** They wait for the end of the turn. */
  readonly #answers: CallAnswer[] = [];
  #heard = 0;
  #isTelling = false;

  constructor(socket: WebSocket, from: LinkCaller, parts: IncomingParts) {
    this.from = from;
    this.#parts = parts;
    const { limits, counts } = parts;
    const received = (text: string) => this.#received(text);
    this.#line = new NodeLine(socket, { limits, counts, received, ended: () => parts.ended(this) });
  }

  get heardAt(): number {
    return this.#line.heardAt;
  }

  /** Tells the other node what this one has applied. All of one turn of the event loop is one message. */
  tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      this.#say({ type: "at", heard: this.#heard, place: this.#parts.node.place });
    });
  }

  end(): void {
    this.#line.end();
  }

  #say(answer: Answered): void {
    this.#line.send(linkText(answer));
  }

  #received(text: string): boolean {
    const said = saidIn(text);
    if (said !== null) this.#take(said);
    return said !== null;
  }

  #take(said: LinkSaid): void {
    const { node, counts } = this.#parts;
    switch (said.type) {
      case "alive":
        return this.tell();
      case "entry":
        this.#heard += 1;
        counts.received += 1;
        node.receive(said.entry);
        return this.tell();
      case "digests":
        return node.compare(said.told);
      case "calls":
        return said.calls.forEach((call, at) => void this.#carryOut(said.id + at, call));
      case "succeed":
        return void this.#succeed(said);
    }
  }

  #carryOut(id: number, call: ForwardedCall): void {
    this.#parts.node.carryOut(call).then(
      (answer) => addAnswer(this.#toSend(), id, answer),
      (error: unknown) => void this.#toSend().push([id, told(error)]),
    );
  }

  /** Answers of one turn of the event loop go together, too. */
  #toSend(): CallAnswer[] {
    if (this.#answers.length === 0) setImmediate(() => this.#sendAnswers());
    return this.#answers;
  }

  #sendAnswers(): void {
    const messageOf = (answers: readonly CallAnswer[]) => Buffer.from(linkText({ type: "answers", answers }));
    const answers = this.#answers.splice(0);
    for (const { message } of boundedMessages(mostBytes(this.#parts.limits), answers, messageOf))
      this.#line.send(message);
  }

  async #succeed({ id, place }: Extract<LinkSaid, { type: "succeed" }>): Promise<void> {
    this.#say({ type: "succeeded", id, isTaken: await this.#parts.node.takeOverFrom(place) });
  }
}

/** The node that dialled says so of itself. It has shown the token, so it is believed. */
export interface LinkCaller {
  readonly id: string;
  readonly address: string;
}

interface IncomingParts {
  readonly node: LinkedNode;
  readonly limits: NodeLinkLimits;
  readonly counts: NodeLinkCounts;
  readonly ended: (link: IncomingLink) => void;
}
