/** The origin is the HTTP endpoint of one process: the real service over a simulated wire, with an audit of each answer. */

import { CLOSE } from "@neverstale/protocol";
import { MAIN_SPACE, type StateManager } from "@neverstale/server";
import { type HttpAsking, HttpService } from "@neverstale/server/http";
import type { SimCodec } from "../network/frames.ts";
import type { mainModel } from "../plan/models.ts";
import type { Surroundings } from "../world/surroundings.ts";
import { AnswerAudit } from "./answer-audit.ts";
import type { AnswerSink, HttpEnd, SimAsk, Trip } from "./http-end.ts";
import { SimOutlet } from "./sim-outlet.ts";

/** Everybody may see the main space here. */
export const PUBLIC_PATH = "/public";

export class HttpOrigin implements HttpEnd {
  readonly service: HttpService<SimAsk>;
  readonly #parts: OriginParts;
  readonly #open = new Set<SimOutlet>();
  /** It holds a number of the bytes that were given first at the address of a snapshot (rule H1). */
  readonly #statesGiven = new Map<string, string>();

  constructor(parts: OriginParts) {
    const { world, manager, frames, beaconMs } = parts;
    this.#parts = parts;
    this.service = new HttpService<SimAsk>(
      {
        manager,
        beaconMs,
        path: (path) => path === PUBLIC_PATH || path === "/sync" || path.startsWith("/sync/"),
        publicSpace: (path) => (path === PUBLIC_PATH ? MAIN_SPACE : null),
        authorize: ({ client }, { url }) =>
          world.sessions.isSignedIn(client) ? { space: spaceAt(url), subject: client } : NOT_SIGNED_IN,
      },
      {
        frames,
        tools: { isSameSecret: (a, b) => a === b, csrfHint: "" },
        tellOwner: (error) => world.fail("crash", `the HTTP service reports ${String(error)}`),
      },
    );
  }

  get openCount(): number {
    return this.#open.size;
  }

  ask(ask: SimAsk, sink: AnswerSink): Trip {
    const { world } = this.#parts;
    const now = () => world.clock.now;
    const outlet = new SimOutlet(sink, now, this.#audit(ask.url));
    this.#open.add(outlet);
    const asking: HttpAsking<SimAsk> = {
      request: ask,
      url: ask.url,
      method: "GET",
      whence: { origin: undefined, host: ask.url.host, hasCookie: false, onLoopback: false, overTls: false },
      known: undefined,
      address: () => ask.client,
      get isGone() {
        return outlet.isOver;
      },
      onEnd: (run) => outlet.onEnd(run),
    };
    outlet.onOver = () => this.#open.delete(outlet);
    if (!this.service.handle(asking, outlet)) world.fail("H1", `${ask.url.href} is no address of the profile`);
    return { leave: () => this.#parts.happen(() => outlet.leave()) };
  }

  #audit(url: URL): AnswerAudit {
    const { world, manager, beaconMs } = this.#parts;
    const isPublic = url.pathname.startsWith(`${PUBLIC_PATH}/`);
    const name = isPublic ? MAIN_SPACE : spaceAt(url);
    return new AnswerAudit(
      {
        report: world.fail,
        isPublic,
        beaconMs,
        statesGiven: this.#statesGiven,
        now: () => world.clock.now,
        momentAt: (position) => world.oracle.momentAt(position),
        head: () => manager.space(name)?.head ?? 0,
        history: (space) => world.oracle.historyOf({ epoch: manager.epoch, space }),
      },
      url,
    );
  }

  revoke(client: string): void {
    this.service.revoke((subject) => (subject === client ? CLOSE.notSignedIn : null));
  }

  /** The process has ended. The kernel says so, unless the machine has ended too. */
  end(silently: boolean): void {
    const tell = (sink: AnswerSink) => (silently ? sink.vanished?.() : sink.failed());
    for (const outlet of [...this.#open]) outlet.leave(tell);
  }
}

export interface OriginParts {
  readonly world: Surroundings;
  readonly manager: StateManager<typeof mainModel>;
  readonly frames: SimCodec;
  readonly beaconMs: number;
  /** This happens to the process, as long as there is one. */
  happen(run: () => void): void;
}

const NOT_SIGNED_IN = { refuse: 401, code: "not_signed_in", message: "nobody is signed in" };

/** It returns the space of an endpoint, or of an address below it. */
function spaceAt({ pathname }: URL): string {
  const path = pathname.replace(/\/(snapshot|(s|t|live)\/[^/]+\/[^/]+\/\d+)$/, "");
  return path.replace(/^\/sync\/?/, "") || MAIN_SPACE;
}
