/** A sync endpoint serves both profiles of the protocol over WebSocket, on any Node http server. */

import type { IncomingMessage, Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { RevocationCode } from "@neverstale/protocol";
import type { WebSocket } from "ws";
import type { CommittedGroups } from "../../../followers/committed-groups.ts";
import type { Cursor } from "../../../followers/cursor.ts";
import { type Attachment, SyncHub } from "../../../followers/sync-hub.ts";
import type { SyncMetrics } from "../../../followers/sync-metrics.ts";
import { Admission } from "../../admission.ts";
import type { Attempt } from "../../attempt.ts";
import { isSameSecret } from "../../io/same-secret.ts";
import { tellOwner } from "../../io/tell-owner.ts";
import { Judge, type Judged, type JudgeOptions } from "../../judge.ts";
import { type Refusal, UNJUDGED } from "../../refusal.ts";
import { closeCodeOf, isUpgraded } from "../close-code.ts";
import { attemptOf, CSRF_HINT } from "./handshake.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";
import { socketFrames } from "./socket-frames.ts";
import { SocketWire } from "./socket-wire.ts";
import { type Peer, type PresentFollower, type SocketEvents, Sockets, terminateSoon, type Upgrade } from "./sockets.ts";
import { addRoute } from "./upgrade-router.ts";

/** Serves upgrades to WebSocket (RFC 6455) on `server`, until it is closed. */
export function serveSync(server: Server | SecureServer, options: ServeSyncOptions): SyncEndpoint {
  return new Endpoint(server, options);
}

export interface ServeSyncOptions extends JudgeOptions<IncomingMessage> {
  readonly manager: CommittedGroups;
  /**
   * It is the path, or says which paths. Upgrades elsewhere are left to other listeners, or answered with 404. The default is
   * `/sync`.
   */
  readonly path?: string | ((pathname: string) => boolean);
  /**
   * It is told what one of these functions threw, or that `authorize` gave no answer. The connection was refused with 500, and
   * only the owner of the function can say why. Without `onError` standard error is told.
   */
  readonly onError?: (error: unknown) => void;
  /** It names the request in the answer to who is refused, as `onRefused` names it in a log. Default: no answer has a name. */
  readonly instanceOf?: (request: IncomingMessage) => string;
  /** It is told of everyone who is refused, also by a close code, and why. It is meant for a log. */
  readonly onRefused?: (request: IncomingMessage, refusal: Refusal) => void;
  /**
   * It is told of everyone who begins to follow, and `onLeave` of the same object when the connection is gone. A reader that comes back
   * joins anew. Nobody is told of those who were there when the process is killed.
   */
  readonly onJoin?: (follower: PresentFollower) => void;
  readonly onLeave?: (follower: PresentFollower) => void;
  readonly beaconMs?: number;
  /** It returns the address that limits go by. When it is absent they go by that of the socket. */
  readonly addressOf?: (request: IncomingMessage) => string;
}

/** An endpoint has its metrics, and two ways to end connections. */
export interface SyncEndpoint {
  readonly metrics: SyncMetrics;
  readonly connectionCount: number;
  /**
   * Closes at once every connection that `judge` names a code for (rule A11). Call it before you answer what took the right
   * away. With 1012 it comes back at once, and `authorize` says anew what it may see (rule V16).
   */
  revoke(judge: (subject: unknown) => RevocationCode | null): number;
  /**
   * Lets nobody in any more, and sends away with 1012 whoever is here, one after the other and within 5 s (rule T5). It resolves
   * then. It is meant for a node that others take the place of: readers come back there, and not all at one moment. Close it next.
   */
  drain(): Promise<void>;
  /**
   * Sends everyone away with 1012, as the end of the authority does. It resolves when the sockets are closed, after a second at
   * most.
   */
  close(): Promise<void>;
}

/** A browser may take so long to read why it may not follow. Until then it takes the room of one that may. */
const TURNED_AWAY_MS = 3_000;
/** No more of a reason fits into a close frame, which has 123 bytes for it: a character may need three of them. */
const REASON_CHARS = 41;

class Endpoint implements SyncEndpoint, SocketEvents {
  readonly #options: ServeSyncOptions;
  readonly #hub: SyncHub;
  readonly #admission: Admission<IncomingMessage>;
  readonly #sockets: Sockets;
  readonly #removeRoute: () => void;
  readonly #forget: () => void;

  constructor(server: Server | SecureServer, options: ServeSyncOptions) {
    const { manager, beaconMs } = options;
    const { limits, runtime } = manager;
    this.#options = options;
    const report = (error: unknown) => this.#report(error);
    const judge = new Judge(options, { isSameSecret, csrfHint: CSRF_HINT }, manager, report);
    this.#hub = new SyncHub(manager, { frames: socketFrames, ...(beaconMs === undefined ? {} : { beaconMs }) });
    const { metrics } = this.#hub;
    this.#admission = new Admission({ judge, limits, runtime, metrics, takesRoom: isUpgraded, report });
    this.#sockets = new Sockets(this, metrics);
    this.#forget = manager.onClose(() => void this.close());
    this.#removeRoute = addRoute(server, {
      unservedMs: limits.unservedMs,
      servesClients: true,
      handles: (pathname) => this.#handles(pathname),
      serve: (upgrade, url) => this.#serve(upgrade, url),
      failed: report,
      unserved: () => {
        metrics.unservedUpgrades += 1;
      },
    });
  }

  get metrics(): SyncMetrics {
    return this.#hub.metrics;
  }

  get connectionCount(): number {
    return this.#sockets.count;
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

  #serve(upgrade: Upgrade, url: URL): void {
    const { request, socket } = upgrade;
    const address = this.#addressOf(request);
    if (address === null) return refuseUpgrade(socket, UNJUDGED);
    const attempt = attemptOf(request, url, address);
    this.#admission.ask(request, attempt, (judged) => this.#answer(upgrade, attempt, judged));
  }

  /** It returns null when the function that gives it failed. */
  #addressOf(request: IncomingMessage): string | null {
    try {
      return this.#options.addressOf?.(request) ?? request.socket.remoteAddress ?? "";
    } catch (error) {
      this.#report(error);
      return null;
    }
  }

  /** It often runs in a turn of the event loop of its own, where nobody else would catch what is thrown. */
  #answer(upgrade: Upgrade, { address }: Attempt, judged: Judged): void {
    const { verdict } = judged;
    try {
      if (!("refuse" in verdict)) return this.#accept(upgrade, address, verdict);
      if (isUpgraded(judged)) this.#turnAway(upgrade, address, verdict);
      else refuseUpgrade(upgrade.socket, this.#named(upgrade, verdict));
      this.#tellRefused(upgrade, verdict);
    } catch (error) {
      this.#report(error);
      upgrade.socket.destroy();
    }
  }

  #named({ request }: Upgrade, refusal: Refusal): Refusal {
    const instance = this.#options.instanceOf?.(request);
    return instance === undefined ? refusal : { ...refusal, instance };
  }

  /** It catches its own errors, since the socket has its answer by now, which is not to be lost for a log that fails. */
  #tellRefused({ request }: Upgrade, refusal: Refusal): void {
    try {
      this.#options.onRefused?.(request, refusal);
    } catch (error) {
      this.#report(error);
    }
  }

  #accept(upgrade: Upgrade, address: string, attachment: Attachment): void {
    this.#sockets.upgrade(upgrade, address, (webSocket, peer) => {
      this.#attach(webSocket, peer, new SocketWire(webSocket, upgrade.socket), attachment);
    });
  }

  /** A browser learns why it may not follow, and nothing else, from the close code. */
  #turnAway(upgrade: Upgrade, address: string, refusal: Refusal): void {
    this.#sockets.upgrade(upgrade, address, (webSocket) => {
      this.metrics.turnedAway += 1;
      webSocket.close(closeCodeOf(refusal), refusal.code.slice(0, REASON_CHARS));
      terminateSoon(webSocket, TURNED_AWAY_MS);
    });
  }

  #attach(webSocket: WebSocket, peer: Peer, wire: SocketWire, attachment: Attachment): void {
    let waits = true;
    peer.leave = this.#hub.enter(wire, attachment, {
      entered: (cursor) => {
        waits = false;
        peer.cursor = cursor;
        this.#joined(peer, attachment);
        this.#sockets.listen(webSocket);
        webSocket.resume();
      },
      refused: (error) => {
        waits = false;
        webSocket.resume();
        this.#hub.turnAway(wire, attachment.profile, error);
      },
    });
    // What it sends meanwhile stays with the system (rule N6).
    if (waits) webSocket.pause();
  }

  #joined(peer: Peer, { subject, space }: Attachment): void {
    const { onJoin, onLeave } = this.#options;
    if (onJoin === undefined && onLeave === undefined) return;
    peer.follower = { subject, space, address: peer.address };
    this.#tell(onJoin, peer.follower);
  }

  /** The owner's own functions harm no connection. */
  #tell(listener: ((follower: PresentFollower) => void) | undefined, follower: PresentFollower): void {
    try {
      listener?.(follower);
    } catch (error) {
      tellOwner(this.#options.onError, error);
    }
  }

  opened({ address }: Peer): void {
    this.#admission.entered(address);
  }

  received(cursor: Cursor, data: Buffer, isBinary: boolean): void {
    if (isBinary) this.#hub.receiveBinary(cursor);
    else this.#hub.receive(cursor, data.toString());
  }

  closed({ address, cursor, follower, leave }: Peer): void {
    this.#admission.left(address);
    leave();
    if (cursor !== null) this.#hub.detach(cursor);
    if (follower !== null) this.#tell(this.#options.onLeave, follower);
  }

  revoke(judge: (subject: unknown) => RevocationCode | null): number {
    this.#admission.revoke(judge);
    return this.#hub.revoke(judge);
  }

  drain(): Promise<void> {
    this.#admission.close();
    return this.#hub.drain();
  }

  async close(): Promise<void> {
    this.#admission.close();
    this.#forget();
    this.#hub.close();
    await this.#sockets.end();
    this.#removeRoute();
  }
}
