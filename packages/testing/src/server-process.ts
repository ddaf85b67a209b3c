/** A server process is one life of the server of a test bed: the real authority on a virtual clock, until it is killed. */

import type { Millis, Timer, VirtualClock } from "@neverstale/base";
import type { HttpAnswer, HttpRequest } from "@neverstale/client";
import {
  CLOSE,
  formatDigest,
  type JsonValue,
  type Model,
  recordHash,
  type SpaceDeclarations,
} from "@neverstale/protocol";
import {
  type Grant,
  MAIN_SPACE,
  type MutationGrant,
  type OpenOptions,
  type Runtime,
  StateManager,
  type Store,
  SyncHub,
  type SyncMetrics,
} from "@neverstale/server";
import { attachmentOf, MutationService, problemDocument, type Refusal } from "@neverstale/server/http";
import type { Ids } from "./ids.ts";
import type { PageConnection } from "./page-connection.ts";
import { TEXT_FRAMES } from "./text-frames.ts";

/** The authority's clock begins here: the first moment of 2026, in milliseconds since 1970. */
export const BED_BEGINS_AT = Date.UTC(2026, 0, 1);

export interface ProcessOptions<M extends Model, Spaces extends SpaceDeclarations>
  extends Omit<OpenOptions<M, Spaces>, "store" | "node"> {
  /**
   * It decides who may follow what, as the option of the same name of `serveSync`. By default everybody may follow the space that he
   * asks for.
   */
  readonly authorize?: (asker: Asker) => Grant | Refusal;
  /** It returns the rights of a user, which mutations find as `context.rights`. */
  readonly rights?: (user: string) => JsonValue;
}

/** Somebody asks to follow a space. */
export interface Asker {
  readonly user: string | null;
  readonly space: string;
}

export class ServerProcess<M extends Model, Spaces extends SpaceDeclarations> {
  readonly manager: StateManager<M, Spaces>;
  readonly #options: ProcessOptions<M, Spaces>;
  readonly #machine: Machine;
  readonly #hub: SyncHub;
  readonly #mutations: MutationService<string>;
  readonly #connections = new Set<PageConnection>();

  static async start<M extends Model, const Spaces extends SpaceDeclarations>(
    options: ProcessOptions<M, Spaces>,
    world: { readonly clock: VirtualClock; readonly ids: Ids; readonly store: Store },
  ): Promise<ServerProcess<M, Spaces>> {
    const machine = new Machine(world.clock, world.ids);
    const manager = await StateManager.open({ ...options, store: world.store, runtime: machine });
    return new ServerProcess(options, machine, manager);
  }

  private constructor(options: ProcessOptions<M, Spaces>, machine: Machine, manager: StateManager<M, Spaces>) {
    this.manager = manager;
    this.#options = options;
    this.#machine = machine;
    this.#hub = new SyncHub(manager, { frames: TEXT_FRAMES });
    this.#mutations = new MutationService<string>(
      { manager, authorize: (user) => this.#caller(user) },
      {
        isSameSecret: (a, b) => a === b,
        csrfHint: "",
        report: (error) => {
          throw error;
        },
      },
    );
  }

  #caller(user: string): MutationGrant | Refusal {
    if (user === "") return NOT_SIGNED_IN;
    return { user, rights: this.#options.rights?.(user) ?? null };
  }

  get metrics(): SyncMetrics {
    return this.#hub.metrics;
  }

  get isAlive(): boolean {
    return this.#machine.isAlive;
  }

  /** Somebody knocks, and follows, or is told in a browser's way that he may not. */
  accept(connection: PageConnection): void {
    if (!this.isAlive) return connection.processEnded();
    const grant = this.#grant(connection);
    if (!("space" in grant)) return turnAway(connection, grant);
    connection.greet();
    const attachment = { ...attachmentOf(connection.url, "v1", grant), parts: false };
    let cursor: Cursor | null = null;
    const unread: string[] = [];
    const leave = this.#hub.enter(connection, attachment, {
      entered: (entered) => {
        cursor = entered;
        for (const text of unread.splice(0)) this.#hub.receive(entered, text);
      },
      refused: (error) => this.#hub.turnAway(connection, "v1", error),
    });
    this.#connections.add(connection);
    connection.accepted({
      received: (text) => {
        if (cursor === null) unread.push(text);
        else this.#hub.receive(cursor, text);
      },
      closed: () => {
        this.#connections.delete(connection);
        leave();
        if (cursor !== null) this.#hub.detach(cursor);
      },
    });
  }

  #grant({ url, user }: PageConnection): Grant | Refusal {
    const path = decodeURIComponent(url.pathname.slice(SYNC_PATH.length));
    const space = path === "" ? MAIN_SPACE : path;
    return this.#options.authorize?.({ user, space }) ?? { space, subject: user };
  }

  /** A request of a user has arrived. It resolves with null when the process was killed before it could answer. */
  async answer(user: string | null, request: HttpRequest): Promise<HttpAnswer | null> {
    if (!this.isAlive) return null;
    const { status, body } = await this.#mutations.answer({
      request: user ?? "",
      method: request.method,
      whence: { origin: undefined, host: "test", hasCookie: false, onLoopback: false, overTls: false },
      csrf: null,
      contentType: request.headers["Content-Type"] ?? "",
      body: async () => request.body ?? "",
    });
    if (!this.isAlive) return null;
    const text = JSON.stringify("refuse" in body ? problemDocument(body, body.code) : body);
    return { status, text, retryAfter: null };
  }

  /** Takes the right to follow away from whoever `judge` names a close code for (rule A11). */
  revoke(judge: Parameters<SyncHub["revoke"]>[0]): number {
    return this.#hub.revoke(judge);
  }

  /** Its life ends here, as by `kill -9`: nothing that it has begun goes on. */
  kill(): void {
    this.#machine.isAlive = false;
    for (const connection of this.#connections) connection.processEnded();
    this.#connections.clear();
  }

  close(): Promise<void> {
    return this.manager.close();
  }
}

type Cursor = ReturnType<SyncHub["attach"]>;

/** The address of a space is this and its name. */
export const SYNC_PATH = "/sync/";

const NOT_SIGNED_IN: Refusal = { refuse: 401, code: "not_signed_in", message: "nobody is signed in" };

/** A page can't read why an upgrade failed, so it is let in and closed at once (rule C1). */
function turnAway(connection: PageConnection, { refuse }: Refusal): void {
  if (refuse !== 401 && refuse !== 403) return connection.processEnded();
  connection.greet();
  connection.close(refuse === 401 ? CLOSE.notSignedIn : CLOSE.forbidden);
}

/** The machine of one process: a timer of a process that was killed never runs. */
class Machine implements Runtime {
  isAlive = true;
  readonly #clock: VirtualClock;
  readonly #ids: Ids;

  constructor(clock: VirtualClock, ids: Ids) {
    this.#clock = clock;
    this.#ids = ids;
  }

  now(): Millis {
    return this.#clock.now;
  }

  wallTime(): number {
    return BED_BEGINS_AT + this.#clock.now;
  }

  newId(): string {
    return this.#ids.next();
  }

  /** Each run gives the same proof for the same secret and text. */
  authenticate(secret: string, text: string): string {
    return formatDigest(recordHash(secret, text, { id: "" }));
  }

  after(delayMs: Millis, run: () => void): Timer {
    return this.#clock.after(delayMs, () => {
      if (this.isAlive) run();
    });
  }

  /** A change is committed without the test's moving the clock. */
  soon(run: () => void): void {
    void Promise.resolve().then(() => {
      if (this.isAlive) run();
    });
  }

  loopUtilization(): number {
    return 0;
  }
}
