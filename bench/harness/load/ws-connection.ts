/** This WebSocket client (RFC 6455) costs little: all sockets share one read buffer, and what is known already is not copied. */

import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { UpgradeRequest } from "../contender.ts";

/** A sink gets a data frame piece by piece. `begin` sees the first 16 bytes, or all of a shorter frame. */
export interface FrameSink {
  opened(): void;
  begin(start: Buffer, binary: boolean, sizeBytes: number): void;
  piece(chunk: Buffer, from: number, to: number): void;
  end(): void;
  closed(reason: string): void;
}

const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);
const PEEK_BYTES = 16;
const NO_BYTES = Buffer.alloc(0);

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** It reads what servers send unfragmented and without extensions. Anything else ends the connection with an error. */
export class WsConnection {
  readonly #socket: Socket;
  readonly #sink: FrameSink;
  #phase: "upgrade" | "head" | "payload" | "control" | "closed" = "upgrade";
  /** These bytes are not enough yet for what the phase waits for. */
  #carry: Buffer = NO_BYTES;
  #left = 0;
  #control = { opcode: 0, sizeBytes: 0 };
  receivedBytes = 0;

  constructor(port: number, upgrade: UpgradeRequest, sink: FrameSink) {
    this.#sink = sink;
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: (size) => this.#read(size) },
    });
    this.#socket.on("connect", () => this.#socket.write(upgradeRequest(port, upgrade)));
    this.#socket.on("close", () => this.#end("closed"));
    this.#socket.on("error", (error) => this.#end(error.message));
  }

  /** It sends nothing before the upgrade and after the end. */
  send(message: string | Uint8Array): void {
    if (this.#phase !== "closed" && this.#phase !== "upgrade") this.#socket.write(clientFrame(message));
  }

  /** It ends the connection as when the cable is cut, without a closing handshake. */
  cut(): void {
    this.#end("cut");
  }

  #end(reason: string): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#socket.destroy();
    this.#sink.closed(reason);
  }

  #read(size: number): boolean {
    this.receivedBytes += size;
    try {
      this.#receive(READ_BUFFER, size);
    } catch (error) {
      this.#end(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    return true;
  }

  #receive(chunk: Buffer, size: number): void {
    const whole =
      this.#carry.length === 0 ? chunk.subarray(0, size) : Buffer.concat([this.#carry, chunk.subarray(0, size)]);
    this.#carry = NO_BYTES;
    this.#advanceThrough(whole, whole.length);
  }

  #advanceThrough(chunk: Buffer, size: number): void {
    let at = 0;
    while (at < size && this.#phase !== "closed") {
      const next = this.#advance(chunk, at, size);
      if (next === at) {
        this.#carry = Buffer.from(chunk.subarray(at, size));
        return;
      }
      at = next;
    }
  }

  /** It goes on in the chunk and returns the new place. The same place means that more bytes are needed. */
  #advance(chunk: Buffer, at: number, size: number): number {
    if (this.#phase === "payload") return this.#payload(chunk, at, size);
    if (this.#phase === "control") return this.#controlPayload(chunk, at, size);
    return this.#phase === "head" ? this.#head(chunk, at, size) : this.#upgraded(chunk, at, size);
  }

  #upgraded(chunk: Buffer, at: number, size: number): number {
    const end = chunk.subarray(at, size).indexOf("\r\n\r\n");
    if (end < 0) return at;
    const status = chunk.toString("latin1", at, at + 12);
    if (status !== "HTTP/1.1 101")
      throw new Error(`the server refused the upgrade: ${chunk.toString("latin1", at, Math.min(size, at + 300))}`);
    this.#phase = "head";
    this.#sink.opened();
    return at + end + 4;
  }

  #head(chunk: Buffer, at: number, size: number): number {
    const available = size - at;
    if (available < 2) return at;
    const opcode = checkedOpcode(chunk[at] as number, chunk[at + 1] as number);
    const short = chunk[at + 1] as number;
    const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (available < headBytes) return at;
    const sizeBytes =
      short < 126 ? short : short === 126 ? chunk.readUInt16BE(at + 2) : Number(chunk.readBigUInt64BE(at + 2));
    if (opcode > BINARY) return this.#beginControl(opcode, sizeBytes, at + headBytes);
    const peek = Math.min(sizeBytes, PEEK_BYTES);
    if (available < headBytes + peek) return at;
    this.#phase = "payload";
    this.#left = sizeBytes;
    this.#sink.begin(chunk.subarray(at + headBytes, at + headBytes + peek), opcode === BINARY, sizeBytes);
    return sizeBytes === 0 ? this.#finish(at + headBytes) : at + headBytes;
  }

  #payload(chunk: Buffer, at: number, size: number): number {
    const to = Math.min(size, at + this.#left);
    this.#sink.piece(chunk, at, to);
    this.#left -= to - at;
    return this.#left === 0 ? this.#finish(to) : to;
  }

  #finish(at: number): number {
    this.#phase = "head";
    this.#sink.end();
    return at;
  }

  #beginControl(opcode: number, sizeBytes: number, at: number): number {
    this.#control = { opcode, sizeBytes };
    if (sizeBytes > 0) this.#phase = "control";
    else this.#controlled(NO_BYTES);
    return at;
  }

  #controlPayload(chunk: Buffer, at: number, size: number): number {
    const to = at + this.#control.sizeBytes;
    if (to > size) return at;
    this.#phase = "head";
    this.#controlled(chunk.subarray(at, to));
    return to;
  }

  #controlled(payload: Buffer): void {
    if (this.#control.opcode === PING) this.#socket.write(maskedFrame(PONG, payload));
    if (this.#control.opcode !== CLOSE) return;
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    this.#end(`the server closed with ${code} ${payload.subarray(2).toString()}`);
  }
}

function upgradeRequest(port: number, { path, subprotocol }: UpgradeRequest): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
  ];
  if (subprotocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function checkedOpcode(first: number, second: number): number {
  const opcode = first & 0x0f;
  const whole = (first & 0xf0) === 0x80;
  const known = opcode === TEXT || opcode === BINARY || opcode === CLOSE || opcode === PING || opcode === PONG;
  if (!whole || !known || second > 127)
    throw new Error(`a frame this reader doesn't take: ${first.toString(16)} ${second.toString(16)}`);
  return opcode;
}

function clientFrame(message: string | Uint8Array): Buffer {
  return typeof message === "string" ? maskedFrame(TEXT, Buffer.from(message)) : maskedFrame(BINARY, message);
}

/** The frame is masked with zeros: a client must send a mask, and may choose its value. */
function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
  const size = payload.length;
  const headBytes = size < 126 ? 6 : size < 65_536 ? 8 : 14;
  const frame = Buffer.alloc(headBytes + size);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (size < 126 ? size : size < 65_536 ? 126 : 127);
  if (headBytes === 8) frame.writeUInt16BE(size, 2);
  if (headBytes === 14) frame.writeBigUInt64BE(BigInt(size), 2);
  frame.set(payload, headBytes);
  return frame;
}
