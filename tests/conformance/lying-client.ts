/** Our client is made wrong in one way: `node --conditions=source tests/conformance/lying-client.ts LIE`. */

import { nodeEnvironment, StateSync } from "@neverstale/client";
import type { AnyState } from "@neverstale/protocol";
import { WebSocket } from "ws";

/** A lie alters a text that the client sends or receives, the address, or what the client prints. */
interface Lie {
  readonly sends?: (text: string) => readonly string[];
  readonly hears?: (text: string) => string;
  readonly address?: (url: string) => string;
  readonly prints?: (line: string) => readonly string[];
}

const isAck = (text: string) => text.includes(`"ack"`);
const isGetState = (text: string) => text.includes(`"get_state"`);

const LIES: Readonly<Record<string, Lie>> = {
  "acks nothing": { sends: (text) => (isAck(text) && !text.includes(":1}") ? [] : [text]) },
  "asks twice": { sends: (text) => (isGetState(text) ? [text, `{"type":"ack","n":3}`, text] : [text]) },
  "asks without an ack": { sends: (text) => (isAck(text) ? [] : [text]) },
  "speaks out of turn": { sends: (text) => [text, `{"type":"hello"}`] },
  "forgets where it was": { address: (url) => url.replace(/\?.*/, "") },
  "is deaf to digests": { hears: (text) => text.replace(/("type":"sync".*),"digest":"[0-9a-f]+"/, "$1") },
  "shows nothing for a moment": {
    prints: (line) => [line.replace(/"state":.*/, `"state":{"hosts":[]}}`), line],
  },
};

const same = (text: string) => text;
const one = (text: string): readonly string[] => [text];
const { sends = one, hears = same, address = same, prints = one }: Lie = LIES[process.argv[2] ?? ""] ?? {};

class LyingSocket extends WebSocket {
  constructor(url: string, protocols: string[], options: object) {
    super(address(url), protocols, options);
  }

  override send(data: string): void {
    for (const text of sends(data)) super.send(text);
  }

  override emit(event: string, ...args: unknown[]): boolean {
    const [data, isBinary] = args;
    if (event !== "message" || isBinary === true) return super.emit(event, ...args);
    return super.emit(event, Buffer.from(hears(String(data))), false);
  }
}

const sync = new StateSync<AnyState>({
  url: process.env.NEVERSTALE_URL ?? "",
  io: nodeEnvironment({ WebSocket: LyingSocket as unknown as typeof WebSocket }),
});
let last = "";
sync.subscribe(() => {
  const state = Object.fromEntries(Object.keys(sync.state).map((name) => [name, sync.list(name)]));
  const line = JSON.stringify({ version: sync.version, state });
  if (line === last) return;
  last = line;
  for (const each of prints(line)) console.log(each);
});
