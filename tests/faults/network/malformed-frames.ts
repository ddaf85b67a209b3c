/** Thousands of frames and handshakes are broken as a seed decides: each ends its own connection, and nothing else. */

import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { until } from "../../engine/authority-process.ts";
import { type Found, main, seeded } from "../stage/fault.ts";
import { atMost, Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

const HANDSHAKE =
  "GET /sync HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const V1 = "Sec-WebSocket-Protocol: neverstale.v1\r\n";
const AT_ONCE = 20;

export async function malformedFrames({ connections = 1_000, seed = 1 } = {}): Promise<Found> {
  await using stage = new Stage(500);
  const { authority } = stage;
  const ledger = new Ledger();
  await authority.start();
  const client = stage.follow();
  await until("the client is live", () => client.status.type === "live");
  const random = seeded(seed);
  const before = (await authority.facts()).memory.rss;

  for (let made = 0; made < connections; made += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => attack(authority.port, random)));
    await ledger.writeUntilRefused(authority, { writers: 1, enough: atMost(1) });
  }

  await stage.level();
  assert.equal(client.counters.reconnects, 0, "nobody else noticed");
  await until("the broken connections are gone", async () => (await authority.facts()).sync.connections === 1);
  const grown = ((await authority.facts()).memory.rss - before) / 2 ** 20;
  assert.ok(grown < 100, `${grown} MiB more memory`);
  const did = `${connections} connections with frames or handshakes that are broken at random (seed ${seed})`;
  const seen = `the process lives, the other client kept its connection, ${Math.round(grown)} MiB more memory`;
  return { did, acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), seen };
}

async function attack(port: number, random: () => number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}); // It may be reset by the other side, which is its right.
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await Promise.race([new Promise((resolve) => socket.once("connect", resolve)), closed]);
  if (random() < 0.2) socket.write(mutated(Buffer.from(`${HANDSHAKE}\r\n`), random));
  else {
    socket.write(`${HANDSHAKE}${random() < 0.5 ? V1 : ""}\r\n`);
    await Promise.race([new Promise((resolve) => socket.once("data", resolve)), closed]);
    for (let n = 0; n < 3 && !socket.destroyed; n += 1) socket.write(frame(random));
  }
  socket.resume();
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 30))]);
  end(socket, random);
}

function end(socket: Socket, random: () => number): void {
  if (random() < 0.5) socket.resetAndDestroy();
  else socket.destroy();
}

/** Makes anything from noise to a sound frame with one bit flipped. */
function frame(random: () => number): Buffer {
  const pick = random();
  if (pick < 0.3) return Buffer.from(Array.from({ length: 1 + random() * 200 }, () => random() * 256));
  const texts = [
    '{"type":"ack","n":1}',
    '{"type":"get_state","reason":"gap"}',
    '{"type":"check","n":1}',
    "[".repeat(5_000),
  ];
  const text = Buffer.from(texts[Math.floor(random() * texts.length)] as string);
  return pick < 0.6 ? mutated(masked(text), random) : masked(mutated(text, random));
}

/** Makes a client's text frame, as RFC 6455 has it. */
function masked(payload: Buffer): Buffer {
  const head =
    payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 255];
  const mask = [1, 2, 3, 4];
  return Buffer.from([...head, ...mask, ...payload.map((byte, at) => byte ^ (mask[at % 4] as number))]);
}

function mutated(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  const at = Math.floor(random() * copy.length);
  copy[at] = (copy[at] as number) ^ (1 << Math.floor(random() * 8));
  return random() < 0.3 ? copy.subarray(0, Math.ceil(random() * copy.length)) : copy;
}

if (import.meta.main) await main(() => malformedFrames());
