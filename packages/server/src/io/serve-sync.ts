import type { IncomingMessage, Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Duplex } from "node:stream";
import {
  CLOSE,
  CSRF_SUBPROTOCOL_PREFIX,
  MAX_CLIENT_FRAME_BYTES,
  type Position,
  SUBPROTOCOL,
  SyncError,
} from "@neverstale/protocol";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import type { Cursor } from "../cursor.ts";
import type { StateManager } from "../state-manager.ts";
import { SyncHub } from "../sync-hub.ts";
import type { SyncMetrics } from "../sync-metrics.ts";
import { MAIN_SPACE } from "../transaction.ts";
import { TurnQuota } from "../turn-quota.ts";
import { type Refusal, refuseUpgrade } from "./refuse-upgrade.ts";
import { SocketWire } from "./socket-wire.ts";

export interface UpgradeInfo {
  readonly url: URL;
  /** Whether it speaks the plain profile: it may read, and nothing else. */
  readonly plain: boolean;
  /** The CSRF token a browser gave as second subprotocol. */
  readonly csrf: string | null;
}

export interface Grant {
  readonly space: string;
  /** Given to `revoke` later, to find this connection by. */
  readonly subject: unknown;
}

export interface ServeSyncOptions {
  readonly manager: StateManager;
  /** The path, or which paths; upgrades elsewhere are left to other listeners, or answered with 404. Default `/sync`. */
  readonly path?: string | ((pathname: string) => boolean);
  /** Who may follow what. Without it everyone may follow the main space. */
  readonly authorize?: (request: IncomingMessage, info: UpgradeInfo) => Grant | Refusal | Promise<Grant | Refusal>;
  /** Told of what `authorize` threw: the connection was refused with 500, and only its owner can say why. */
  readonly onError?: (error: unknown) => void;
  readonly beaconMs?: number;
  /** The address that limits go by; the socket's when absent. */
  readonly addressOf?: (request: IncomingMessage) => string;
}

/** A sync endpoint on an http server. */
export interface SyncEndpoint {
  readonly metrics: SyncMetrics;
  readonly connectionCount: number;
  /** Rule A11: closes whom `judge` names a code for, at once. Call it before you answer what took the right away. */
  revoke(judge: (subject: unknown) => 4401 | 4403 | null): number;
  /** Sends everyone away with 1012; resolves when the sockets are closed, after a second at most. */
  close(): Promise<void>;
}

/** Serves both profiles of the protocol on any Node http server (RFC 6455 upgrade). */
export function serveSync(server: Server | SecureServer, options: ServeSyncOptions): SyncEndpoint {
  return new Endpoint(server, options);
}

/** How long sockets get to say goodbye when the server ends. */
const CLOSE_MS = 1_000;
/**
 * How long a socket that was closed may take to read what is on its way: a slow reader must come to the code that says
 * why. Ended earlier, its next ack would be answered by a reset, which takes the unread bytes with it.
 */
const CLOSE_TIMEOUT_MS = 120_000;
/**
 * How long a socket that broke the rules of RFC 6455 may go on sending what nobody looks at. Ended at once, its unread
 * bytes would be answered by a reset, which takes the close frame that says why with it.
 */
const DISCARD_MS = 2_000;
/** How soon it is worth asking again where there was no room. */
const NO_ROOM_RETRY_MS = 5_000;
/**
 * Connections that are begun in one turn of the event loop, some 5 ms of work: when thousands come at once, those who are
 * there already go on hearing of changes. Who waits for a turn counts as being judged, so there are `connections` at most.
 */
const BEGUN_A_TURN = 32;
/** A server that is being stopped is most often being started again. */
const RESTART_RETRY_MS = 1_000;

/** What is known of an open socket. */
interface Peer {
  readonly address: string;
  /** Null when its space is not there. */
  cursor: Cursor | null;
}

function destroy(this: Duplex): void {
  this.destroy();
}

/** `ws` has sent the close frame by then, and reads without looking until the peer has ended too. */
function terminateSoon(webSocket: WebSocket): void {
  const timer = setTimeout(() => webSocket.terminate(), DISCARD_MS).unref();
  webSocket.once("close", () => clearTimeout(timer));
}

/** The errors of `ws` that end in 1009. */
const TOO_LARGE: ReadonlySet<unknown> = new Set([
  "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
]);

/** For whom `authorize` failed. */
const UNJUDGED: Refusal = { refuse: 500, code: "snapshot_failed", message: "the connection could not be judged" };

const SHUTTING_DOWN: Refusal = {
  refuse: 503,
  code: "shutting_down",
  message: "the server is being stopped",
  hint: "Come back when it has started again.",
  retryAfterMs: RESTART_RETRY_MS,
};
const NO_ROOM: Refusal = {
  refuse: 503,
  code: "too_many_requests",
  message: "too many connections",
  hint: "Come back later.",
  retryAfterMs: NO_ROOM_RETRY_MS,
};
const NO_ROOM_FOR_ADDRESS: Refusal = {
  refuse: 429,
  code: "too_many_requests",
  message: "too many connections from this address",
  hint: "Close one of them, or come back later.",
  retryAfterMs: NO_ROOM_RETRY_MS,
};

/** `closeTimeout` is known to `ws` since 8.19, not to its types. */
const SOCKET_OPTIONS: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  maxPayload: MAX_CLIENT_FRAME_BYTES,
  // A replica's messages are one small frame each: in crumbs they would cost many times their bytes.
  maxFragments: 64,
  maxBufferedChunks: 1_024,
  perMessageDeflate: false,
  closeTimeout: CLOSE_TIMEOUT_MS,
  handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
};

class Endpoint implements SyncEndpoint {
  readonly #server: Server | SecureServer;
  readonly #options: ServeSyncOptions;
  readonly #hub: SyncHub;
  readonly #begun: TurnQuota;
  readonly #sockets = new WebSocketServer(SOCKET_OPTIONS);
  readonly #open = new Map<WebSocket, Peer>();
  readonly #byAddress = new Map<string, number>();
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    this.#upgrade(request, socket, head);
  readonly #onMessage: (this: WebSocket, data: Buffer, isBinary: boolean) => void;
  readonly #onClose: (this: WebSocket) => void;
  readonly #onError: (this: WebSocket, error: Error) => void;
  #closing = false;
  /** Upgrades that are being judged, and what was revoked meanwhile. */
  #judging = 0;
  #revocations: ((subject: unknown) => 4401 | 4403 | null)[] = [];

  constructor(server: Server | SecureServer, options: ServeSyncOptions) {
    this.#server = server;
    this.#options = options;
    this.#hub = new SyncHub(options.manager, options.beaconMs === undefined ? {} : { beaconMs: options.beaconMs });
    this.#begun = new TurnQuota(options.manager.runtime, BEGUN_A_TURN);
    server.on("upgrade", this.#onUpgrade);
    // Shared by all sockets: a closure for each would cost more than the rest of a connection.
    const peerOf = (webSocket: WebSocket) => this.#open.get(webSocket);
    const received = (peer: Peer, data: Buffer, isBinary: boolean) => this.#received(peer, data, isBinary);
    const closed = (webSocket: WebSocket, peer: Peer) => this.#closed(webSocket, peer);
    this.#onMessage = function (data, isBinary) {
      const peer = peerOf(this);
      if (peer !== undefined) received(peer, data, isBinary);
    };
    this.#onClose = function () {
      const peer = peerOf(this);
      if (peer !== undefined) closed(this, peer);
    };
    const { metrics } = this.#hub;
    this.#onError = function (error) {
      countBadFrame(metrics, error);
      terminateSoon(this);
    };
  }

  get metrics(): SyncMetrics {
    return this.#hub.metrics;
  }

  get connectionCount(): number {
    return this.#open.size;
  }

  #handles(pathname: string): boolean {
    const { path = "/sync" } = this.#options;
    return typeof path === "string" ? pathname === path : path(pathname);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = urlOf(request);
    const isOurs = url !== null && this.#handles(url.pathname);
    // Where nobody else listens nobody else would end it: it would stay open, and count nowhere.
    if (!isOurs && this.#server.listenerCount("upgrade") > 1) return;
    // A peer that resets the connection while it is judged must not end the process.
    socket.on("error", destroy);
    if (!isOurs)
      return refuseUpgrade(socket, { refuse: 404, code: "unknown_space", message: "nothing is served here" });
    this.#judging += 1;
    this.#judge(request, url)
      .catch((error: unknown) => {
        this.#options.onError?.(error);
        return UNJUDGED;
      })
      .then((judged) => {
        const answer = () => this.#answer(request, socket, head, url, judged);
        // A refusal is little work, and while it waited it would count against those who may come.
        if ("refuse" in judged) answer();
        else this.#begun.run(answer);
      });
  }

  #answer(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL, judged: Grant | Refusal): void {
    const verdict = this.#standing(request, judged);
    this.#judging -= 1;
    if (this.#judging === 0) this.#revocations = [];
    if ("refuse" in verdict) refuseUpgrade(socket, verdict);
    else this.#accept(request, socket, head, url, verdict);
  }

  /** What is left of a verdict that took its time: meanwhile rights went (rule A11), others came, or the end began. */
  #standing(request: IncomingMessage, verdict: Grant | Refusal): Grant | Refusal {
    if ("refuse" in verdict) return verdict;
    try {
      return this.#overLimit(this.#addressOf(request)) ?? this.#afterRevocations(verdict);
    } catch {
      return UNJUDGED;
    }
  }

  /** A right that was taken away while it was being looked up is gone (rule A11). */
  #afterRevocations(grant: Grant): Grant | Refusal {
    for (const judge of this.#revocations) {
      const code = judge(grant.subject);
      if (code === CLOSE.notSignedIn) return { refuse: 401, code: "not_signed_in", message: "the session has ended" };
      if (code === CLOSE.forbidden) return { refuse: 403, code: "forbidden", message: "the right was taken away" };
    }
    return grant;
  }

  async #judge(request: IncomingMessage, url: URL): Promise<Grant | Refusal> {
    const limited = this.#overLimit(this.#addressOf(request));
    if (limited !== null) return limited;
    const offered = protocolsOf(request);
    const plain = !offered.includes(SUBPROTOCOL);
    if (plain && offered.some((name) => !name.startsWith(CSRF_SUBPROTOCOL_PREFIX))) return unknownProtocol();
    const token = offered.find((name) => name.startsWith(CSRF_SUBPROTOCOL_PREFIX));
    const csrf = token?.slice(CSRF_SUBPROTOCOL_PREFIX.length) ?? null;
    const { authorize } = this.#options;
    if (authorize === undefined) return { space: MAIN_SPACE, subject: null };
    // What is no verdict, whatever the types say, is no grant.
    return (await authorize(request, { url, plain, csrf })) ?? UNJUDGED;
  }

  #addressOf(request: IncomingMessage): string {
    return this.#options.addressOf?.(request) ?? request.socket.remoteAddress ?? "";
  }

  /** Rule A10. Counts whom it refuses; nobody who was refused is asked about again. */
  #overLimit(address: string): Refusal | null {
    if (this.#closing) return SHUTTING_DOWN;
    const { connections, connectionsPerAddress } = this.#options.manager.limits;
    // Who is being judged holds a socket too; the asker is among them.
    if (this.#open.size + this.#judging > connections) {
      this.metrics.tooManyConnections += 1;
      return NO_ROOM;
    }
    if ((this.#byAddress.get(address) ?? 0) < connectionsPerAddress) return null;
    this.metrics.tooManyFromAddress += 1;
    return NO_ROOM_FOR_ADDRESS;
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL, grant: Grant): void {
    if (socket.destroyed) return;
    const address = this.#addressOf(request);
    // The answer to the upgrade and the first messages are one write.
    socket.cork();
    try {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        this.#open.set(webSocket, { address, cursor: null });
        this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
        webSocket.on("error", this.#onError);
        webSocket.on("close", this.#onClose);
        this.#attach(webSocket, new SocketWire(webSocket, socket), positionOf(url), grant);
      });
    } finally {
      socket.uncork();
    }
  }

  #attach(webSocket: WebSocket, wire: SocketWire, resume: Position | null, { space, subject }: Grant): void {
    const profile = webSocket.protocol === SUBPROTOCOL ? "v1" : "plain";
    const peer = this.#open.get(webSocket);
    if (peer === undefined) return;
    try {
      peer.cursor = this.#hub.attach(wire, { space, profile, resume, subject });
      webSocket.on("message", this.#onMessage);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      this.#hub.turnAway(wire, profile, error);
    }
  }

  #received({ cursor }: Peer, data: Buffer, isBinary: boolean): void {
    if (cursor === null) return;
    if (isBinary) this.#hub.receiveBinary(cursor);
    else this.#hub.receive(cursor, data.toString());
  }

  #closed(webSocket: WebSocket, { address, cursor }: Peer): void {
    this.#open.delete(webSocket);
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
    if (cursor !== null) this.#hub.detach(cursor);
  }

  revoke(judge: (subject: unknown) => 4401 | 4403 | null): number {
    if (this.#judging > 0) this.#revocations.push(judge);
    return this.#hub.revoke(judge);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#hub.close();
    const closed = [...this.#open.keys()].map(
      (webSocket) => new Promise((resolve) => webSocket.once("close", resolve)),
    );
    const timeout = setTimeout(() => this.#terminateAll(), CLOSE_MS);
    await Promise.all(closed);
    clearTimeout(timeout);
    this.#server.off("upgrade", this.#onUpgrade);
  }

  #terminateAll(): void {
    for (const webSocket of this.#open.keys()) webSocket.terminate();
  }
}

/** `ws` says by a code what was wrong with a frame. */
function countBadFrame(metrics: SyncMetrics, error: Error): void {
  if ("code" in error && TOO_LARGE.has(error.code)) metrics.oversizedFrames += 1;
  else metrics.brokenFrames += 1;
}

function urlOf(request: IncomingMessage): URL | null {
  try {
    return new URL(request.url ?? "", "http://localhost");
  } catch {
    return null;
  }
}

function protocolsOf(request: IncomingMessage): string[] {
  const header = request.headers["sec-websocket-protocol"] ?? "";
  if (header === SUBPROTOCOL) return [SUBPROTOCOL];
  return header.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
}

/** Half a position is no position: the connection starts with the full state. */
function positionOf(url: URL): Position | null {
  const epoch = url.searchParams.get("epoch");
  const space = url.searchParams.get("space");
  const version = versionOf(url.searchParams.get("version") ?? "");
  return epoch === null || space === null || version === null ? null : { epoch, space, version };
}

/** Decimal digits only: what `Number` takes for a number besides them is nothing a replica has said. */
function versionOf(text: string): number | null {
  const version = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(version) ? version : null;
}

function unknownProtocol(): Refusal {
  return {
    refuse: 400,
    code: "bad_message",
    message: `the subprotocol is none of this server's: ask for ${SUBPROTOCOL}, or for none`,
  };
}
