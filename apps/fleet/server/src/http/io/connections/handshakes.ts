/** The TLS handshakes under way are bounded, so that whoever only begins them keeps nobody out. */

import type { Socket } from "node:net";
import type { Server as TlsServer } from "node:tls";

/** A connection that does not say who it is for so long is cut. */
export const HANDSHAKE_MS = 10_000;

export interface HandshakeLimits {
  readonly all: number;
  /** So many may be under way from one address. */
  readonly address: number;
}

export const DEFAULT_HANDSHAKE_LIMITS: HandshakeLimits = { all: 2_000, address: 500 };

export class Handshakes {
  readonly #limits: HandshakeLimits;
  /** Each is kept with what ends it here. */
  readonly #underWay = new Map<string, () => boolean>();
  readonly #byGroup = new Map<string, number>();
  #refused = 0;
  #failed = 0;

  constructor(limits: HandshakeLimits) {
    this.#limits = limits;
  }

  get metrics(): Readonly<Record<string, number>> {
    return {
      handshakes: this.#underWay.size,
      limitHandshakes: this.#limits.all,
      handshakesRefusedTotal: this.#refused,
      handshakesFailedTotal: this.#failed,
    };
  }

  /** `groupOf` says what counts as one address. Null means that there may be as many as there are. */
  watch(server: TlsServer, groupOf: (socket: Socket) => string | null): void {
    server.on("connection", (socket: Socket) => this.#begin(socket, groupOf(socket)));
    server.on("secureConnection", (socket: Socket) => void this.#underWay.get(endsOf(socket))?.());
  }

  #begin(socket: Socket, group: string | null): void {
    const ofGroup = group === null ? 0 : (this.#byGroup.get(group) ?? 0);
    if (this.#underWay.size >= this.#limits.all || ofGroup >= this.#limits.address) {
      this.#refused += 1;
      socket.destroy();
      return;
    }
    const ends = endsOf(socket);
    const end = () => this.#underWay.delete(ends) && this.#leave(group);
    this.#underWay.set(ends, end);
    if (group !== null) this.#byGroup.set(group, ofGroup + 1);
    socket.once("close", () => {
      if (end()) this.#failed += 1;
    });
  }

  #leave(group: string | null): true {
    const left = group === null ? 0 : (this.#byGroup.get(group) ?? 0) - 1;
    if (group !== null && left > 0) this.#byGroup.set(group, left);
    else if (group !== null) this.#byGroup.delete(group);
    return true;
  }
}

/** A socket with TLS is another object than the one below it, but has the same two ends. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
