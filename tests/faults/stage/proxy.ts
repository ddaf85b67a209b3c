/** This TCP proxy has bad weather, which a seed decides. Which connection meets what still depends on timing. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";
import { seeded } from "./fault.ts";

/** The weather is what the network does to a connection. Chances are for each piece of data, and times are in milliseconds. */
export interface Weather {
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Data is passed on in pieces of at most so many bytes. */
  readonly pieceBytes: number;
  readonly stallChance: number;
  readonly stallMs: number;
  /** Both sides end at whatever byte. Half of the time a part of the piece was passed on before. */
  readonly cutChance: number;
  /** When this happens, nothing more is passed on in this direction, and nobody is told. */
  readonly blackholeChance: number;
}

export const FAIR: Weather = {
  latencyMs: 0,
  jitterMs: 0,
  pieceBytes: 65_536,
  stallChance: 0,
  stallMs: 0,
  cutChance: 0,
  blackholeChance: 0,
};

export interface ProxyCounters {
  connections: number;
  cuts: number;
  truncations: number;
  stalls: number;
  blackholes: number;
}

export class TcpProxy {
  readonly counters: ProxyCounters = { connections: 0, cuts: 0, truncations: 0, stalls: 0, blackholes: 0 };
  /** This weather holds from the next piece on, on every connection. */
  weather: Weather;
  readonly #server: Server;
  readonly #random: () => number;
  readonly #target: () => number;
  readonly #sockets = new Set<Socket>();

  private constructor(weather: Weather, seed: number, target: () => number) {
    this.weather = weather;
    this.#random = seeded(seed);
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
  }

  /** Listens on any free port of this machine. `target` says which port it leads to. */
  static async start(weather: Weather, seed: number, target: () => number): Promise<TcpProxy> {
    const proxy = new TcpProxy(weather, seed, target);
    await once(proxy.#server.listen(0, "127.0.0.1"), "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #join(near: Socket): void {
    this.counters.connections += 1;
    const far = connect(this.#target(), "127.0.0.1");
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on("error", () => {}); // A close follows.
      socket.on("close", () => this.#sockets.delete(socket));
    }
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    void this.#carry(near, far);
    void this.#carry(far, near);
  }

  async #carry(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const data of from as AsyncIterable<Buffer>) {
        for (let at = 0; at < data.length; at += this.weather.pieceBytes) {
          if (!(await this.#pass(data.subarray(at, at + this.weather.pieceBytes), from, to))) return;
        }
      }
    } catch {
      // The connection broke while it was read: both sides are closed by then.
    }
  }

  /** False means that nothing more is passed on in this direction. */
  async #pass(piece: Buffer, from: Socket, to: Socket): Promise<boolean> {
    const { latencyMs, jitterMs, stallChance, stallMs, cutChance, blackholeChance } = this.weather;
    const stalls = this.#random() < stallChance;
    if (stalls) this.counters.stalls += 1;
    await wait(latencyMs + this.#random() * jitterMs + (stalls ? stallMs : 0));
    if (this.#random() < cutChance) return this.#cut(piece, from, to);
    if (this.#random() < blackholeChance) {
      this.counters.blackholes += 1;
      for await (const _ of from) {
        // It is read from the one side, and never given to the other.
      }
      return false;
    }
    if (!to.write(piece)) await Promise.race([once(to, "drain"), once(to, "close")]);
    return !to.destroyed;
  }

  #cut(piece: Buffer, from: Socket, to: Socket): false {
    this.counters.cuts += 1;
    const passed = this.#random() < 0.5 ? 0 : Math.floor(this.#random() * piece.length);
    if (passed === 0) to.destroy();
    else {
      this.counters.truncations += 1;
      to.end(piece.subarray(0, passed));
    }
    from.resetAndDestroy();
    return false;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function wait(ms: number): Promise<void> | undefined {
  return ms === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, ms));
}
