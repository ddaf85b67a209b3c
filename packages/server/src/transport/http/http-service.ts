/** The HTTP service is the pure part of an endpoint of the HTTP profile: who may ask, who waits, and what each is answered. */

import type { RevocationCode } from "@neverstale/protocol";
import type { CommittedGroups } from "../../followers/committed-groups.ts";
import { SyncHub } from "../../followers/sync-hub.ts";
import type { SyncMetrics } from "../../followers/sync-metrics.ts";
import type { FrameCodec } from "../../followers/wire.ts";
import { Admission } from "../admission.ts";
import type { Whence } from "../allowed-origins.ts";
import { type Attempt, attachmentOf } from "../attempt.ts";
import { Judge, type Judged, type JudgeOptions, type JudgeTools } from "../judge.ts";
import { NOT_FOR_VIEWS, type Refusal, UNJUDGED, WEBSOCKET_NEEDED } from "../refusal.ts";
import { type Address, addressIn } from "./address.ts";
import { type HttpReadMetrics, newHttpReadMetrics } from "./http-metrics.ts";
import { HttpRoutes } from "./http-routes.ts";
import type { Outlet } from "./reader.ts";
import { type Audience, methodRefused, options as optionsReply, refused } from "./reply.ts";

export class HttpService<Request> {
  readonly httpMetrics: HttpReadMetrics = newHttpReadMetrics();
  readonly #options: HttpServiceOptions<Request>;
  readonly #parts: HttpServiceParts;
  readonly #hub: SyncHub;
  readonly #routes: HttpRoutes;
  readonly #admission: Admission<Visit<Request>>;
  readonly #forget: () => void;

  constructor(options: HttpServiceOptions<Request>, parts: HttpServiceParts) {
    const { manager, beaconMs } = options;
    const { limits, runtime } = manager;
    this.#options = options;
    this.#parts = parts;
    const report = (error: unknown) => this.#report(error);
    const judge = new Judge(options, parts.tools, manager, report);
    this.#hub = new SyncHub(manager, { frames: parts.frames, ...(beaconMs === undefined ? {} : { beaconMs }) });
    this.#routes = new HttpRoutes(manager, this.#hub, this.httpMetrics);
    this.#admission = new Admission<Visit<Request>>({
      judge: { judge: (visit, attempt) => judgeVisit(judge, visit, attempt) },
      limits: { ...limits, connections: limits.readers, connectionsPerAddress: limits.readersPerAddress },
      runtime,
      metrics: this.#hub.metrics,
      takesRoom: ({ verdict }) => !("refuse" in verdict),
      report,
    });
    this.#forget = manager.onClose(() => this.close());
  }

  get metrics(): SyncMetrics {
    return this.#hub.metrics;
  }

  /** Somebody else's function failed. */
  #report(error: unknown): void {
    this.metrics.failedUpgrades += 1;
    this.#parts.tellOwner(error);
  }

  /** Answers a request for an address of the profile, and returns true. It returns false for every other one, which is left alone. */
  handle(asking: HttpAsking<Request>, outlet: Outlet): boolean {
    const address = addressIn(asking.url);
    if (address === null || !this.#handles(address.endpoint)) return false;
    try {
      const publicSpace = this.#options.publicSpace?.(address.endpoint) ?? null;
      this.#take({ asking, outlet, address, publicSpace });
    } catch (error) {
      this.#report(error);
      outlet.reply(refused(UNJUDGED));
    }
    return true;
  }

  #handles(path: string): boolean {
    const { path: served = "/sync" } = this.#options;
    return typeof served === "string" ? path === served : served(path);
  }

  #take(visit: Visit<Request>): void {
    const { asking, outlet, address, publicSpace } = visit;
    const { method } = asking;
    const audience: Audience = publicSpace === null ? "session" : "everybody";
    if (method === "OPTIONS") return outlet.reply(optionsReply(audience, ALLOWED));
    const waits = address.asked.type === "poll" || address.asked.type === "live";
    if (method !== "GET" && (method !== "HEAD" || waits)) {
      return outlet.reply(methodRefused(waits ? "GET, OPTIONS" : ALLOWED));
    }
    const from = asking.address();
    this.#admission.ask(visit, attemptOf(asking, address, from), (judged) =>
      this.#answer(visit, from, judged, audience),
    );
  }

  #answer({ asking, outlet, address }: Visit<Request>, from: string, { verdict }: Judged, audience: Audience): void {
    if (asking.isGone) return;
    if ("refuse" in verdict) {
      outlet.reply(refused(verdict));
      this.#tellRefused(asking.request, verdict);
      return;
    }
    this.#admission.entered(from);
    this.httpMetrics.readers += 1;
    const visit = { asked: address.asked, attachment: verdict, audience, known: asking.known };
    const gone = this.#routes.answer(visit, outlet);
    asking.onEnd(() => {
      this.#admission.left(from);
      this.httpMetrics.readers -= 1;
      gone();
    });
  }

  #tellRefused(request: Request, refusal: Refusal): void {
    try {
      this.#options.onRefused?.(request, refusal);
    } catch (error) {
      this.#report(error);
    }
  }

  /** Answers at once everyone who waits and whom `judge` names a code for (rule A11). */
  revoke(judge: (subject: unknown) => RevocationCode | null): number {
    const judgeOne = (subject: unknown) => (subject === NOT_REVOKED ? null : judge(subject));
    this.#admission.revoke(judgeOne);
    return this.#hub.revoke(judgeOne);
  }

  /** Lets nobody in any more, and answers whoever waits, one after the other (rule T5). */
  drain(): Promise<void> {
    this.#admission.close();
    return this.#hub.drain();
  }

  /** Sends everyone who waits to where the server is next, as the end of the authority does. */
  close(): void {
    this.#admission.close();
    this.#forget();
    this.#hub.close();
  }
}

/** `Request` is what the owner's functions are given. The service does not look into it. */
export interface HttpServiceOptions<Request> extends JudgeOptions<Request> {
  readonly manager: CommittedGroups;
  /** It is the path of the endpoint, or says which paths are. The default is `/sync`. */
  readonly path?: string | ((pathname: string) => boolean);
  /** It names the space that everybody may see at this path of the endpoint, or returns null where there is none. */
  readonly publicSpace?: (pathname: string) => string | null;
  /** It is told of everyone who is refused, and why. */
  readonly onRefused?: (request: Request, refusal: Refusal) => void;
  readonly beaconMs?: number;
}

/** Whoever puts the answers on the wire gives this. */
export interface HttpServiceParts {
  readonly frames: FrameCodec;
  readonly tools: JudgeTools;
  /** It is told what one of the owner's functions threw. */
  tellOwner(error: unknown): void;
}

/** A request as its transport has read it. */
export interface HttpAsking<Request> {
  readonly request: Request;
  readonly url: URL;
  readonly method: string;
  readonly whence: Whence;
  /** The asker has the snapshot of this tag. */
  readonly known: string | undefined;
  /** It returns the address that limits go by. It may throw where the owner's function does. */
  address(): string;
  /** Nobody is there any more to be answered. */
  readonly isGone: boolean;
  /** `run` is called once: when the answer has gone out, or can't any more. */
  onEnd(run: () => void): void;
}

interface Visit<Request> {
  readonly asking: HttpAsking<Request>;
  readonly outlet: Outlet;
  readonly address: Address;
  readonly publicSpace: string | null;
}

const NOT_REVOKED: unique symbol = Symbol("everybody");
const ALLOWED = "GET, HEAD, OPTIONS";

/** Whoever asks for a public space is not judged. */
async function judgeVisit<Request>(
  judge: Judge<Request>,
  { asking, publicSpace }: Visit<Request>,
  attempt: Attempt,
): Promise<Judged> {
  if (publicSpace === null) {
    const judged = await judge.judge(asking.request, attempt);
    return judged.verdict === NOT_FOR_VIEWS ? { ...judged, verdict: WEBSOCKET_NEEDED } : judged;
  }
  const grant = { space: publicSpace, subject: NOT_REVOKED };
  return { verdict: attachmentOf(attempt.url, "v1", grant), fromPage: false };
}

/** It only reads, so it needs no token (rule A11). */
function attemptOf<Request>({ url, whence }: HttpAsking<Request>, address: Address, from: string): Attempt {
  return { url: asSocketUrl(url, address), address: from, whence, spoken: { profile: "plain", csrf: null } };
}

/** The owner's functions are asked about the address that a WebSocket would have come to (rule M2). */
function asSocketUrl(url: URL, { endpoint, asked }: Address): URL {
  const socketUrl = new URL(endpoint, url);
  if (asked.type !== "snapshot") {
    const { epoch, space, version } = asked.position;
    for (const [name, value] of Object.entries({ epoch, space, version })) {
      socketUrl.searchParams.set(name, String(value));
    }
  }
  return socketUrl;
}
