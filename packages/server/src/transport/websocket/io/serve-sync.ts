import type { IncomingMessage, Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Duplex } from "node:stream";
import { CLOSE, MAX_CLIENT_FRAME_BYTES, PARTS_PARAMETER, SUBPROTOCOL, SyncError } from "@neverstale/protocol";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import type { CommittedGroups } from "../../../followers/committed-groups.ts";
import type { Cursor } from "../../../followers/cursor.ts";
import { SyncHub } from "../../../followers/sync-hub.ts";
import type { SyncMetrics } from "../../../followers/sync-metrics.ts";
import { tellOwner } from "../../io/tell-owner.ts";
import { TurnQuota } from "../../turn-quota.ts";
import { closeCodeOf, type Refusal, refuseUpgrade, UNJUDGED } from "./refuse-upgrade.ts";
import { socketFrames } from "./socket-frames.ts";
import { SocketWire } from "./socket-wire.ts";
import { type Grant, type Judged, type JudgeOptions, UpgradeJudge } from "./upgrade-judge.ts";
import { positionOf } from "./upgrade-request.ts";
import { addRoute } from "./upgrade-router.ts";

export interface ServeSyncOptions extends JudgeOptions {
  readonly manager: CommittedGroups;
  /** The path, or which paths; upgrades elsewhere are left to other listeners, or answered with 404. Default `/sync`. */
  readonly path?: string | ((pathname: string) => boolean);
  /**
   * Told of what one of these functions threw, or of `authorize` that gave no answer: the connection was refused with 500,
   * and only its owner can say why. Without it standard error is told.
   */
  readonly onError?: (error: unknown) => void;
  /** Told of everyone who is refused, also by a close code, and why: for a log. */
  readonly onRefused?: (request: IncomingMessage, refusal: Refusal) => void;
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
  /** Sends everyone away with 1012, as the end of the authority does; resolves when the sockets are closed, after a second at most. */
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
/** How long a browser may take to read why it may not follow: until then it takes the room of one that may. */
const TURNED_AWAY_MS = 3_000;
/** Of a reason no more fits into a close frame: 123 bytes, of which a character may need three. */
const REASON_CHARS = 41;
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

/** An upgrade that is being judged, or waits for its turn. */
interface Asker {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly url: URL;
  readonly address: string;
}

/** `ws` has sent the close frame by then, and reads without looking until the peer has ended too. */
function terminateSoon(webSocket: WebSocket, afterMs: number): void {
  const timer = setTimeout(() => webSocket.terminate(), afterMs).unref();
  webSocket.once("close", () => clearTimeout(timer));
}

/** The errors of `ws` that end in 1009. */
const TOO_LARGE: ReadonlySet<unknown> = new Set([
  "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
]);

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
  readonly #options: ServeSyncOptions;
  readonly #judge: UpgradeJudge;
  readonly #hub: SyncHub;
  readonly #begun: TurnQuota;
  readonly #sockets = new WebSocketServer(SOCKET_OPTIONS);
  readonly #open = new Map<WebSocket, Peer>();
  readonly #byAddress = new Map<string, number>();
  readonly #onMessage: (this: WebSocket, data: Buffer, isBinary: boolean) => void;
  readonly #onClose: (this: WebSocket) => void;
  readonly #onError: (this: WebSocket, error: Error) => void;
  readonly #removeRoute: () => void;
  readonly #forget: () => void;
  #closing = false;
  /** Upgrades that are being judged, and what was revoked meanwhile. */
  #judging = 0;
  #revocations: ((subject: unknown) => 4401 | 4403 | null)[] = [];

  constructor(server: Server | SecureServer, options: ServeSyncOptions) {
    const { manager, beaconMs } = options;
    const { authorizeMs, unservedMs } = manager.limits;
    this.#options = options;
    this.#judge = new UpgradeJudge(options, authorizeMs, (error) => this.#report(error));
    this.#forget = manager.onClose(() => void this.close());
    this.#hub = new SyncHub(manager, { frames: socketFrames, ...(beaconMs === undefined ? {} : { beaconMs }) });
    this.#begun = new TurnQuota(manager.runtime, BEGUN_A_TURN);
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
      terminateSoon(this, DISCARD_MS);
    };
    this.#removeRoute = addRoute(server, {
      unservedMs,
      handles: (pathname) => this.#handles(pathname),
      take: (request, socket, head, url) => this.#take(request, socket, head, url),
      failed: (error) => this.#report(error),
      unserved: () => {
        metrics.unservedUpgrades += 1;
      },
    });
  }

  get metrics(): SyncMetrics {
    return this.#hub.metrics;
  }

  get connectionCount(): number {
    return this.#open.size;
  }

  /** Somebody else's function failed. */
  #report(error: unknown): void {
    this.metrics.failedUpgrades += 1;
    tellOwner(this.#options.onError, error);
  }

  #handles(pathname: string): boolean {
    const { path = "/sync" } = this.#options;
    return typeof path === "string" ? pathname === path : path(pathname);
  }

  #take(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): void {
    const address = this.#addressOf(request);
    if (address === null) return refuseUpgrade(socket, UNJUDGED);
    this.#judging += 1;
    const limited = this.#overLimit(address);
    const asker = { request, socket, head, url, address };
    if (limited !== null) this.#answer(asker, { verdict: limited, fromPage: false });
    else this.#judge.judge(request, url).then((judged) => this.#judged(asker, judged));
  }

  /** Null when the function that gives it failed. */
  #addressOf(request: IncomingMessage): string | null {
    try {
      return this.#options.addressOf?.(request) ?? request.socket.remoteAddress ?? "";
    } catch (error) {
      this.#report(error);
      return null;
    }
  }

  #judged(asker: Asker, judged: Judged): void {
    const answer = () => this.#answer(asker, judged);
    // A refusal is little work, and while it waited it would count against those who may come.
    if (isUpgraded(judged)) this.#begun.run(answer);
    else answer();
  }

  /** Often in a turn of the event loop of its own, where nobody else would catch what is thrown. */
  #answer(asker: Asker, judged: Judged): void {
    try {
      const standing = this.#standing(asker, judged);
      const { verdict } = standing;
      if (!("refuse" in verdict)) return this.#accept(asker, verdict);
      if (isUpgraded(standing)) this.#turnAway(asker, verdict);
      else refuseUpgrade(asker.socket, verdict);
      this.#tellRefused(asker, verdict);
    } catch (error) {
      this.#report(error);
      asker.socket.destroy();
    }
  }

  /** Apart, since the socket has its answer by now: it is not to be lost for a log that fails. */
  #tellRefused({ request }: Asker, refusal: Refusal): void {
    try {
      this.#options.onRefused?.(request, refusal);
    } catch (error) {
      this.#report(error);
    }
  }

  /** What is left of a verdict that took its time: meanwhile rights went (rule A11), others came, or the end began. */
  #standing(asker: Asker, judged: Judged): Judged {
    const { verdict } = judged;
    try {
      const limited = isUpgraded(judged) ? this.#overLimit(asker.address) : null;
      return { ...judged, verdict: limited ?? ("refuse" in verdict ? verdict : this.#afterRevocations(verdict)) };
    } catch (error) {
      this.#report(error);
      return { ...judged, verdict: UNJUDGED };
    } finally {
      this.#judging -= 1;
      if (this.#judging === 0) this.#revocations = [];
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

  #accept(asker: Asker, grant: Grant): void {
    this.#upgrade(asker, (webSocket, peer) => {
      this.#attach(webSocket, peer, new SocketWire(webSocket, asker.socket), asker.url, grant);
    });
  }

  /** A browser learns why it may not follow, and nothing else, from the close code. */
  #turnAway(asker: Asker, refusal: Refusal): void {
    this.#upgrade(asker, (webSocket) => {
      this.metrics.turnedAway += 1;
      webSocket.close(closeCodeOf(refusal), refusal.code.slice(0, REASON_CHARS));
      terminateSoon(webSocket, TURNED_AWAY_MS);
    });
  }

  #upgrade({ request, socket, head, address }: Asker, begin: (webSocket: WebSocket, peer: Peer) => void): void {
    if (socket.destroyed) return;
    // The answer to the upgrade and the first messages are one write.
    socket.cork();
    try {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const peer: Peer = { address, cursor: null };
        this.#open.set(webSocket, peer);
        this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
        webSocket.on("error", this.#onError);
        webSocket.on("close", this.#onClose);
        begin(webSocket, peer);
      });
    } finally {
      socket.uncork();
    }
  }

  #attach(webSocket: WebSocket, peer: Peer, wire: SocketWire, url: URL, { space, subject }: Grant): void {
    const profile = webSocket.protocol === SUBPROTOCOL ? "v1" : "plain";
    try {
      const parts = url.searchParams.get(PARTS_PARAMETER) === "1";
      peer.cursor = this.#hub.attach(wire, { space, profile, resume: positionOf(url), subject, parts });
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
    this.#forget();
    this.#hub.close();
    const closed = [...this.#open.keys()].map(
      (webSocket) => new Promise((resolve) => webSocket.once("close", resolve)),
    );
    const timeout = setTimeout(() => this.#terminateAll(), CLOSE_MS);
    await Promise.all(closed);
    clearTimeout(timeout);
    this.#removeRoute();
  }

  #terminateAll(): void {
    for (const webSocket of this.#open.keys()) webSocket.terminate();
  }
}

/** Whether it goes on as a WebSocket: to follow, or as a page that is told by a close code why it may not. */
function isUpgraded({ verdict, fromPage }: Judged): boolean {
  return !("refuse" in verdict) || (fromPage && closeCodeOf(verdict) !== undefined);
}

/** `ws` says by a code what was wrong with a frame. */
function countBadFrame(metrics: SyncMetrics, error: Error): void {
  if ("code" in error && TOO_LARGE.has(error.code)) metrics.oversizedFrames += 1;
  else metrics.brokenFrames += 1;
}
