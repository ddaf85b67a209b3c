/** The endpoint takes the connections of one process, as `serveSync` does, and has an audit watch each of them. */

import {
  CLOSE,
  csrfTokenIn,
  PARTS_PARAMETER,
  type Position,
  STEPS_PARAMETER,
  SUBPROTOCOL,
  SyncError,
} from "@neverstale/protocol";
import { MAIN_SPACE, type StateManager, type SyncHub } from "@neverstale/server";
import { Audit } from "../checks/audit.ts";
import type { mainModel } from "../plan/models.ts";
import type { Models } from "../plan/releases.ts";
import type { Surroundings } from "../world/surroundings.ts";
import type { SimConnection } from "./connection.ts";
import type { SimCodec } from "./frames.ts";

/** Whoever is not signed in is refused. */
export function accept(process: Serving, connection: SimConnection): void {
  const { world, manager } = process;
  if (!world.sessions.admits(connection.client, csrfTokenIn(connection.protocols))) return connection.refuse();
  const space = connection.url.pathname.replace(/^\/sync\/?/, "") || MAIN_SPACE;
  const creationId = manager.space(space)?.creationId ?? "";
  const profile = connection.protocols.includes(SUBPROTOCOL) ? "v1" : "plain";
  const historyIn = (epoch: string) => world.oracle.historyOf({ epoch, space: creationId });
  const resume = positionOf(connection.url);
  connection.audit = new Audit(world.fail, {
    plain: profile === "plain",
    parts: asksFor(connection, PARTS_PARAMETER),
    steps: {
      asked: asksFor(connection, STEPS_PARAMETER),
      today: () => manager.epoch,
      endOf: (epoch) => historyIn(epoch)?.head.version ?? null,
      ends: () => process.sendsAway,
    },
    history: () => historyIn(manager.epoch),
    largestFrame: () => process.frames.largestBytes,
    claimed: resume === null ? null : world.oracle.momentAt(resume),
    counters: world.counters,
  });
  connection.models = process.models;
  connection.follows = () => historyIn(manager.epoch);
  connection.greet();
  attach(process, connection, space, profile);
}

function attach(process: Serving, connection: SimConnection, space: string, profile: "v1" | "plain"): void {
  const { hub } = process;
  try {
    const resume = positionOf(connection.url);
    const asked = { parts: asksFor(connection, PARTS_PARAMETER), steps: asksFor(connection, STEPS_PARAMETER) };
    const cursor = hub.attach(connection, { space, profile, resume, subject: connection.client, ...asked });
    process.connections.add(connection);
    connection.accepted({
      received: (text) => process.happen(() => hub.receive(cursor, text)),
      closed: () => {
        process.connections.delete(connection);
        connection.isUnheard = true;
        process.happen(() => {
          connection.isUnheard = false;
          hub.detach(cursor);
        });
      },
    });
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    if (error.code === "store_unavailable") hub.turnAway(connection, profile, error);
    else connection.close(CLOSE.unknownSpace);
  }
}

function asksFor({ url }: SimConnection, parameter: string): boolean {
  return url.searchParams.get(parameter) === "1";
}

function positionOf({ searchParams }: URL): Position | null {
  const epoch = searchParams.get("epoch");
  const space = searchParams.get("space");
  const version = searchParams.get("version");
  return epoch === null || space === null || version === null ? null : { epoch, space, version: Number(version) };
}

/** A process that serves. */
export interface Serving {
  readonly world: Surroundings;
  readonly manager: StateManager<typeof mainModel>;
  readonly hub: SyncHub;
  readonly frames: SimCodec;
  readonly models: Models;
  readonly connections: Set<SimConnection>;
  /** It has a reason to send everybody away, be it that it ends. */
  readonly sendsAway: boolean;
  /** This happens to the process, as long as there is one. */
  happen(run: () => void): void;
}
