/** The load speaks to `nats-server` in its own text protocol, over its own WebSocket. */

import { makeDialect as makeJsonDialect } from "../../contenders/json-dialect.ts";
import type { Dialect, FrameReading, FrameReplay } from "../../harness/contender.ts";
import type { AnyRecord } from "../../harness/records.ts";
import { CHANGES, JOIN, STATE } from "./subjects.ts";

const JSON_DIALECT = makeJsonDialect();

/** The state is asked for when the changes are on their way already, and the subscription to it ends with the first message. */
const HELLO = `CONNECT {"verbose":false,"pedantic":false,"echo":false}\r\nSUB ${CHANGES} 1\r\nSUB ${STATE} 2\r\nUNSUB 2 1\r\nPUB ${JOIN} 0\r\n\r\n`;

const MESSAGE = Buffer.from("MSG ");

export function makeDialect(): Dialect {
  return {
    upgrade: () => ({ path: "/" }),
    opened: (connection) => connection.send(Buffer.from(HELLO)),
    isOwn: (start) => !start.subarray(0, MESSAGE.length).equals(MESSAGE),
    own: (connection, payload) => {
      if (payload.includes("PING\r\n")) connection.send(Buffer.from("PONG\r\n"));
      if (payload.includes("-ERR")) throw new Error(payload.toString());
    },
    read: (payload): FrameReading => {
      const readings = messagesIn(payload).map((message) => JSON_DIALECT.read(message, false));
      return {
        seq: readings.reduce((seq, reading) => Math.max(seq, reading.seq), 0),
        changes: readings.reduce((changes, reading) => changes + reading.changes, 0),
        restarts: readings[0]?.restarts === true,
      };
    },
    replay: () => new NatsReplay(),
  };
}

/** A frame holds one message or several: `MSG subject sid bytes`, the payload, and a line end behind each. */
function messagesIn(frame: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let at = 0;
  while (at < frame.length) {
    const lineEnd = frame.indexOf("\r\n", at);
    const [verb, , , size] = frame.subarray(at, lineEnd).toString().split(" ");
    const from = lineEnd + 2;
    at = from;
    if (verb === "PING") continue; // The broker asks again in an hour.
    if (verb !== "MSG") throw new Error(`a frame that begins with a message goes on with "${verb}"`);
    messages.push(frame.subarray(from, from + Number(size)));
    at = from + Number(size) + 2;
  }
  return messages;
}

/** Changes that come before the state are in it. */
class NatsReplay implements FrameReplay {
  readonly #replay = JSON_DIALECT.replay();
  #hasState = false;

  apply(payload: Buffer): void {
    for (const message of messagesIn(payload)) {
      this.#hasState ||= JSON_DIALECT.read(message, false).restarts;
      if (this.#hasState) this.#replay.apply(message, false);
    }
  }

  records(): Iterable<AnyRecord> {
    return this.#replay.records() as Iterable<AnyRecord>;
  }
}
