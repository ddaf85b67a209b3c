/** The plain HTTP connections are bounded, so that whoever only holds connections keeps nobody out (C7). */

import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Server as TlsServer } from "node:tls";

/**
 * At a bound a connection that does nothing makes room, the one that has done nothing for longest. A new one is refused when all of
 * them are at work.
 */
export class HttpConnections {
  readonly #limits: ConnectionLimits;
  readonly #openInAll: () => number;
  /** The connection that has been idle for longest comes first. */
  readonly #all = new Map<Socket, Connection>();
  readonly #strangers = new Map<string, Set<Socket>>();
  #closedIdle = 0;
  #endedEarly = 0;
  #refused = 0;

  /** `openInAll` says how many connections are open, sockets among them. */
  constructor(limits: ConnectionLimits, openInAll: () => number = () => this.#all.size) {
    this.#limits = limits;
    this.#openInAll = openInAll;
  }

  /** So many may be open now. Sockets take what they need of the files that there are, and these take what is left of them. */
  get #room(): number {
    const { all, open } = this.#limits;
    const others = this.#openInAll() - this.#all.size;
    return Number.isFinite(open) ? Math.min(all, open - others - Math.floor(SPARE_SHARE * open)) : all;
  }

  get metrics(): Record<string, number> {
    return {
      connections: this.#all.size,
      limitConnections: this.#room,
      connectionsClosedIdle: this.#closedIdle,
      connectionsEndedEarly: this.#endedEarly,
      connectionsRefused: this.#refused,
    };
  }

  /** `groupOf` says what counts as one address. Null means that there may be as many as there are. */
  watch(http: HttpServer, groupOf: (socket: Socket) => string | null): void {
    // With TLS a request comes over the socket that is there once the handshake is over.
    http.on(http instanceof TlsServer ? "secureConnection" : "connection", (socket: Socket) =>
      this.#add(socket, groupOf(socket)),
    );
    http.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#move(socket, false);
      response.once("close", () => this.#move(socket, true));
    });
    http.on("upgrade", ({ socket }: IncomingMessage) => this.#leave(socket));
  }

  /** The socket has shown a session or a credential that is good. */
  know(socket: Socket): void {
    const connection = this.#all.get(socket);
    if (connection === undefined || connection.group === null) return;
    this.#forgetStranger(socket, connection.group);
    connection.group = null;
  }

  isKnown(socket: Socket): boolean {
    return this.#all.get(socket)?.group === null;
  }

  /**
   * It says whether a connection goes on after the answer that is about to be sent. In the last tenth of the room none does. Those
   * that are kept already then stay, while to close one for each that comes would have everybody open a new one for each request.
   */
  keepsAfterAnswer(): boolean {
    const room = this.#room;
    const keeps = room - this.#all.size >= Math.floor(room / 10);
    if (!keeps) this.#endedEarly += 1;
    return keeps;
  }

  #add(socket: Socket, group: string | null): void {
    const strangers = group === null ? undefined : this.#strangers.get(group);
    const tooManyHere = (strangers?.size ?? 0) >= this.#limits.address && !this.#closeOne(strangers ?? []);
    if (tooManyHere || (this.#all.size >= this.#room && !this.#closeOne(this.#all.keys()))) {
      this.#refused += 1;
      socket.end(REFUSAL, () => socket.destroy());
      return;
    }
    this.#all.set(socket, { group, isIdle: true });
    if (group !== null) this.#strangers.set(group, (this.#strangers.get(group) ?? new Set()).add(socket));
    socket.once("close", () => this.#leave(socket));
  }

  /** It returns true when there was a connection that does nothing. A stranger's is closed before one that is known. */
  #closeOne(candidates: Iterable<Socket>): boolean {
    let known: Socket | null = null;
    for (const socket of candidates) {
      const connection = this.#all.get(socket);
      if (connection?.isIdle !== true) continue;
      if (connection.group !== null) return this.#close(socket);
      known ??= socket;
    }
    return known !== null && this.#close(known);
  }

  #close(socket: Socket): true {
    this.#closedIdle += 1;
    this.#leave(socket);
    socket.destroy();
    return true;
  }

  /** The connection that was at work last stands last. */
  #move(socket: Socket, isIdle: boolean): void {
    const connection = this.#all.get(socket);
    if (connection === undefined) return;
    connection.isIdle = isIdle;
    this.#all.delete(socket);
    this.#all.set(socket, connection);
    const strangers = connection.group === null ? undefined : this.#strangers.get(connection.group);
    strangers?.delete(socket);
    strangers?.add(socket);
  }

  #leave(socket: Socket): void {
    const connection = this.#all.get(socket);
    this.#all.delete(socket);
    if (connection !== undefined && connection.group !== null) this.#forgetStranger(socket, connection.group);
  }

  #forgetStranger(socket: Socket, group: string): void {
    const strangers = this.#strangers.get(group);
    strangers?.delete(socket);
    if (strangers?.size === 0) this.#strangers.delete(group);
  }
}

/** So many connections may be open at once. */
export interface ConnectionLimits {
  /** So many may be plain HTTP, as far as sockets leave room for them. Sockets that were upgraded are counted elsewhere. */
  readonly all: number;
  /** There may be so many in all, sockets and those that only begin among them. The process has files for as many. */
  readonly open: number;
  /** So many may come from one address, of those that have shown neither a session nor a credential. */
  readonly address: number;
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  all: 10_000,
  open: Number.POSITIVE_INFINITY,
  address: 500,
};

/** This share of the files is left to connections that come while those that make room for them are being closed. */
const SPARE_SHARE = 0.02;

/** A connection that does nothing is kept so long. */
export const KEEP_ALIVE_MS = 5_000;
/** It is kept so long for who has shown a session or a credential, and for proxies: longer than they keep theirs, as a rule. */
export const KNOWN_KEEP_ALIVE_MS = 72_000;

interface Connection {
  /** It is the address. Null means that any number is allowed: for a proxy, or who has shown a session or a credential. */
  group: string | null;
  isIdle: boolean;
}

const REFUSAL = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
