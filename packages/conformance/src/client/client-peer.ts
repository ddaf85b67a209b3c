/** A peer is the kit's end of one connection of the client under test. */

import {
  type ClientMessage,
  decodeClientMessage,
  decodePlainClientMessage,
  type JsonObject,
  type PlainClientMessage,
  type Profile,
  SyncError,
} from "@neverstale/protocol";
import { Violation } from "../scenario/violation.ts";
import type { AcceptedConnection } from "../tested.ts";

/**
 * It knows what was sent on the connection and what the client has said. Whatever a scenario is about, each message is held
 * against the rules that bind all messages.
 */
export class ClientPeer {
  readonly connection: AcceptedConnection;
  readonly #profile: Profile;
  /** So many frames were put on this connection. The client acks this number. */
  sent = 0;
  acked = 0;
  closed: number | null = null;
  /** The client has said these messages, and the scenario has not asked for them yet. Acks and checks are not among them. */
  readonly said: JsonObject[] = [];
  /** These checks wait for their answer. */
  readonly checks: number[] = [];
  #lastCheck = 0;
  /** True means that a `get_state` is out, and that no full state has been put since. */
  #asked = false;
  #last: JsonObject | null = null;

  constructor(connection: AcceptedConnection, profile: Profile) {
    this.connection = connection;
    this.#profile = profile;
  }

  send(text: string, gzip: boolean): void {
    this.sent += 1;
    if (/^\{"type":"(init|full_state)"/.test(text)) this.#asked = false;
    if (gzip) this.connection.sendGzip(text);
    else this.connection.sendText(text);
  }

  /**
   * It sends the gzip of the text in parts of so many bytes (rule M9). `without` is the number of a part that is lost on the
   * way.
   */
  sendInParts(text: string, partBytes: number, without: number | null): void {
    const parts = this.connection.partsOf(text, partBytes).filter((_, index) => index !== without);
    if (/^\{"type":"(init|full_state)"/.test(text)) this.#asked = false;
    this.sent += parts.length;
    for (const part of parts) this.connection.sendBinary(part);
  }

  /** It takes in what has come, and throws a `Violation` where a rule is broken. */
  listen(): void {
    const { inbox } = this.connection;
    for (let arrival = inbox.shift(); arrival !== undefined; arrival = inbox.shift()) {
      if (arrival.type === "closed") this.closed = arrival.code;
      else if (arrival.type !== "frame" || arrival.binary) throw new Violation("M3", "text frames", "a binary one");
      else this.#receive(this.#decoded(arrival.text));
    }
  }

  #decoded(text: string): ClientMessage | PlainClientMessage {
    try {
      return this.#profile === "v1" ? decodeClientMessage(text) : decodePlainClientMessage(text);
    } catch (error) {
      if (error instanceof SyncError) throw new Violation("M3", `a message (${error.message})`, text.slice(0, 240));
      throw error;
    }
  }

  #receive(message: ClientMessage | PlainClientMessage): void {
    const before = this.#last;
    this.#last = message;
    if (message.type === "ack") return this.#receiveAck(message.n);
    if (message.type === "check") return this.#receiveCheck(message.n);
    if (this.#profile === "v1" && before?.type !== "ack") {
      throw new Violation("R2", "an `ack` directly before a `get_state`", JSON.stringify(before));
    }
    if (this.#asked) throw new Violation("R2", "one `get_state` at most until its answer", "another one");
    this.#asked = true;
    this.said.push(message);
  }

  #receiveAck(n: number): void {
    if (n < this.acked || n > this.sent) {
      throw new Violation("M2", `an ack between ${this.acked} and ${this.sent}, the frames put here`, `ack ${n}`);
    }
    this.acked = n;
  }

  #receiveCheck(n: number): void {
    if (n <= this.#lastCheck) throw new Violation("M2", `a check above ${this.#lastCheck}`, `check ${n}`);
    this.#lastCheck = n;
    this.checks.push(n);
  }
}
