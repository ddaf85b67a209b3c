/** The load speaks to Colyseus as its SDK does: a seat by HTTP, then the room's WebSocket, and its own decoder. */

import { Agent, request } from "node:http";
import { Protocol } from "@colyseus/core";
import { type Decoder, decode, type Iterator, Reflection } from "@colyseus/schema";
import type { Dialect, FrameReading, FrameReplay, LoadConnection, UpgradeRequest } from "../../harness/contender.ts";
import type { AnyRecord } from "../../harness/records.ts";
import { type HostLike, plainRecord } from "./state.ts";

interface Seat {
  readonly roomId: string;
  readonly processId: string;
  readonly sessionId: string;
}

type HostMap = Map<string, HostLike>;

export function makeDialect(): Dialect {
  return new ColyseusDialect();
}

class ColyseusDialect implements Dialect {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  /** It describes the state's schema, and is the same for all clients. */
  #handshake: Buffer | null = null;
  /** Frames are read in the order in which they are first seen, as a patch means something only after what came before. */
  #reader: ColyseusReplay | null = null;

  async upgrade(port: number): Promise<UpgradeRequest> {
    const seat = await this.#seat(port);
    return { path: `/${seat.processId}/${seat.roomId}?sessionId=${seat.sessionId}` };
  }

  #seat(port: number): Promise<Seat> {
    return new Promise((resolve, reject) => {
      const options = {
        agent: this.#agent,
        host: "127.0.0.1",
        port,
        method: "POST",
        path: "/matchmake/joinOrCreate/bench",
      };
      const asked = request({ ...options, headers: { "content-type": "application/json" } }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        answer.on("end", () =>
          answer.statusCode === 200 ? resolve(JSON.parse(text) as Seat) : reject(new Error(text)),
        );
      });
      asked.on("error", reject).end("{}");
    });
  }

  opened(): void {}

  isOwn(start: Buffer): boolean {
    return start[0] !== Protocol.ROOM_STATE && start[0] !== Protocol.ROOM_STATE_PATCH;
  }

  own(connection: LoadConnection, payload: Buffer): void {
    if (payload[0] !== Protocol.JOIN_ROOM) throw new Error(`a message this client doesn't know: ${payload[0]}`);
    this.#handshake ??= handshakeOf(payload);
    connection.send(new Uint8Array([Protocol.JOIN_ROOM]));
  }

  read(payload: Buffer): FrameReading {
    this.#reader ??= this.replay();
    const { seq, records } = this.#reader.apply(payload);
    const restarts = payload[0] === Protocol.ROOM_STATE;
    return { seq, changes: restarts ? 0 : records, restarts };
  }

  replay(): ColyseusReplay {
    if (this.#handshake === null) throw new Error("no client has joined");
    return new ColyseusReplay(this.#handshake);
  }
}

/** The message is `[JOIN_ROOM][length, token][length, serializer][length, handshake]…`. */
function handshakeOf(payload: Buffer): Buffer {
  const afterToken = 2 + (payload[1] as number);
  const at: Iterator = { offset: afterToken + 1 + (payload[afterToken] as number) };
  const length = decode.number(payload, at);
  return Buffer.from(payload.subarray(at.offset, at.offset + length));
}

class ColyseusReplay implements FrameReplay {
  readonly #decoder: Decoder;

  constructor(handshake: Buffer) {
    this.#decoder = Reflection.decode(handshake);
  }

  /** It returns the highest `seq` and the number of records that the frame brought. */
  apply(payload: Buffer): { seq: number; records: number } {
    let seq = 0;
    let records = 0;
    this.#decoder.triggerChanges = (changes) => {
      for (const { field, value } of changes) {
        if (field !== "seq") continue;
        seq = Math.max(seq, value);
        records += 1;
      }
    };
    this.#decoder.decode(payload, { offset: 1 });
    return { seq, records };
  }

  records(): Iterable<AnyRecord> {
    const { hosts } = this.#decoder.state as unknown as { hosts: HostMap };
    return [...hosts.values()].map(plainRecord);
  }
}
