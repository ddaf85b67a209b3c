/** The load speaks to tldraw's sync-core: `connect` with its last clock, then patches, and a ping every five seconds. */

import type { Dialect, FrameReading, FrameReplay, LoadConnection } from "../../harness/contender.ts";
import type { BenchRecord } from "../../harness/records.ts";
import { benchSchema, recordOfHost, type TldrawHost } from "./schema.ts";
import { applyObjectDiff, getTlsyncProtocolVersion, type HostsDiff, type Message, type Patch } from "./wire.ts";

const PING_EVERY_MS = 5_000;
const PONG = '{"type":"pong"}';

export function makeDialect(): Dialect {
  return {
    upgrade: () => ({ path: "/" }),
    opened: (connection: LoadConnection) => connection.send(JSON.stringify(connectRequest(connection.position))),
    isOwn: (start) => start.equals(PONG_START),
    own: () => undefined,
    read: (payload) => reading(parse(payload)),
    replay: () => new TldrawReplay(),
    heartbeat: { everyMs: PING_EVERY_MS, message: '{"type":"ping"}' },
  };
}

const PONG_START = Buffer.from(PONG);

function connectRequest(position: unknown) {
  return {
    type: "connect",
    connectRequestId: "bench",
    lastServerClock: position ?? -1,
    protocolVersion: getTlsyncProtocolVersion(),
    schema: benchSchema.serialize(),
  };
}

function parse(payload: Buffer): Message {
  return JSON.parse(payload.toString()) as Message;
}

function reading(message: Message): FrameReading {
  const patches = patchesOf(message);
  const clock = patches.at(-1)?.serverClock;
  const diffs = patches.map((patch) => patch.diff);
  const changes = message.type === "connect" ? 0 : diffs.reduce((sum, diff) => sum + Object.keys(diff).length, 0);
  const restarts = message.type === "connect" && message.hydrationType === "wipe_all";
  return {
    seq: Math.max(0, ...diffs.map(highestSeq)),
    changes,
    restarts,
    ...(clock === undefined ? {} : { position: clock }),
  };
}

function patchesOf(message: Message): readonly Pick<Patch, "diff" | "serverClock">[] {
  if (message.type === "connect") return [message];
  if (message.type === "data") return message.data;
  throw new Error(`a message this client doesn't know: ${JSON.stringify(message).slice(0, 80)}`);
}

function highestSeq(diff: HostsDiff): number {
  let highest = 0;
  for (const operation of Object.values(diff)) {
    if (operation[0] === "put") highest = Math.max(highest, operation[1].seq);
    if (operation[0] !== "patch") continue;
    const seq = operation[1].seq;
    if (seq?.[0] === "put") highest = Math.max(highest, seq[1] as number);
  }
  return highest;
}

class TldrawReplay implements FrameReplay {
  readonly #records = new Map<string, TldrawHost>();

  apply(payload: Buffer): void {
    const message = parse(payload);
    if (message.type === "connect" && message.hydrationType === "wipe_all") this.#records.clear();
    for (const { diff } of patchesOf(message)) this.#applyDiff(diff);
  }

  #applyDiff(diff: HostsDiff): void {
    for (const [id, operation] of Object.entries(diff)) {
      if (operation[0] === "put") this.#records.set(id, operation[1]);
      else if (operation[0] === "remove") this.#records.delete(id);
      else this.#records.set(id, applyObjectDiff(this.#record(id), operation[1]));
    }
  }

  #record(id: string): TldrawHost {
    const record = this.#records.get(id);
    if (record === undefined) throw new Error(`no record ${id}`);
    return record;
  }

  records(): Iterable<BenchRecord> {
    return [...this.#records.values()].map(recordOfHost);
  }
}
