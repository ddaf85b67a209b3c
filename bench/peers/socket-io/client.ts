/** The load speaks to Socket.IO over its WebSocket transport (Engine.IO 4), and comes back with the session's id and offset. */

import type { Dialect, FrameReading, FrameReplay, LoadConnection } from "../../harness/contender.ts";
import type { BenchChange, BenchRecord } from "../../harness/records.ts";

type Event = readonly ["init", readonly BenchRecord[], string] | readonly ["change", BenchChange, string];

const PING = "2";
const PONG = "3";
const OPEN = "0";
const CONNECT = "40";
const EVENT = "42";

export function makeDialect(): Dialect {
  return {
    upgrade: () => ({ path: "/socket.io/?EIO=4&transport=websocket" }),
    opened: () => undefined,
    isOwn: (start) => start.toString("latin1", 0, 2) !== EVENT,
    own: (connection, payload) => answer(connection, payload.toString()),
    read: (payload) => reading(parse(payload)),
    replay: () => new SocketIoReplay(),
  };
}

interface Session {
  readonly pid: string | null;
  readonly offset: unknown;
}

function answer(connection: LoadConnection, text: string): void {
  if (text === PING) connection.send(PONG);
  else if (text.startsWith(OPEN)) connection.send(CONNECT + recovery(connection));
  else if (text.startsWith(CONNECT))
    connection.session = { pid: JSON.parse(text.slice(CONNECT.length)).pid, offset: null } satisfies Session;
  else throw new Error(`a packet this client doesn't know: ${text.slice(0, 80)}`);
}

function recovery(connection: LoadConnection): string {
  const session = connection.session as Session | null;
  return session?.pid == null || connection.position == null
    ? ""
    : JSON.stringify({ pid: session.pid, offset: connection.position });
}

function parse(payload: Buffer): Event {
  return JSON.parse(payload.toString("utf8", EVENT.length)) as Event;
}

function reading(event: Event): FrameReading {
  if (event[0] === "change") return { seq: event[1].seq, changes: 1, restarts: false, position: event[2] };
  const seq = event[1].reduce((highest, record) => Math.max(highest, record.seq), 0);
  return { seq, changes: 0, restarts: true, position: event[2], meaning: JSON.stringify(event[1]) };
}

class SocketIoReplay implements FrameReplay {
  readonly #records = new Map<string, BenchRecord>();

  apply(payload: Buffer): void {
    const event = parse(payload);
    if (event[0] === "init") {
      this.#records.clear();
      for (const record of event[1]) this.#records.set(record.id, record);
      return;
    }
    const before = this.#records.get(event[1].id);
    if (before === undefined) throw new Error(`no record ${event[1].id}`);
    this.#records.set(before.id, { ...before, ...event[1] });
  }

  records(): Iterable<BenchRecord> {
    return this.#records.values();
  }
}
