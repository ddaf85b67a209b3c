/** The drain ends the server: nothing new is accepted, what is under way is finished, and the store is closed. */

import { setTimeout as delay } from "node:timers/promises";
import type { App } from "./app.ts";
import type { LocalAgent } from "./local-agent.ts";
import { closeManager } from "./manager.ts";
import type { Parts } from "./parts.ts";

export async function drain({ parts, app, stops, agent }: Draining): Promise<void> {
  parts.drain.hasBegun = true;
  agent?.stop();
  if ((parts.manager.node?.listed ?? 0) > 1) await leaveToOthers(parts, app);
  app.followers.close();
  const cut = setTimeout(() => app.cutConnections(), DRAIN_MS);
  const unlinked = app.untilAnswered().then(() => app.stopNodes());
  await Promise.all([app.sockets.close(), app.http.close(), unlinked, ...stops.map((stop) => stop())]);
  clearTimeout(cut);
  await closeManager(parts.manager, parts.log);
  await parts.logStream?.flushed();
}

/**
 * The successor takes over at once, and so decides what comes while this node still sends its clients away. They go one after the
 * other, so that the other nodes are not met by all of them at one moment (rule T5). Nobody can connect meanwhile: a proxy that gives
 * newcomers to the node with the fewest connections would bring them all here, where they are refused.
 */
async function leaveToOthers({ manager }: Parts, app: App): Promise<void> {
  const { sockets, followers } = app;
  app.stopListening();
  await Promise.race([manager.drain(), delay(HAND_OVER_MS)]);
  await Promise.all([sockets.drain(), followers.drain()]);
}

export interface Draining {
  readonly parts: Parts;
  readonly app: App;
  readonly agent: LocalAgent | null;
  /** They end what runs by itself. */
  readonly stops: readonly (() => Promise<void>)[];
}

/** The successor is waited for so long. */
const HAND_OVER_MS = 1_000;
/** Connections that are still open after so long are cut. */
const DRAIN_MS = 3_000;
