/** The drain ends the server: nothing new is accepted, what is under way is finished, and the store is closed. */

import type { App } from "./app.ts";
import type { LocalAgent } from "./local-agent.ts";
import { closeManager } from "./manager.ts";
import type { Parts } from "./parts.ts";

export async function drain({ parts, app, stops, agent }: Draining): Promise<void> {
  parts.drain.hasBegun = true;
  agent?.stop();
  app.followers.close();
  const cut = setTimeout(() => app.cutConnections(), DRAIN_MS);
  await Promise.all([app.sockets.close(), app.http.close(), ...stops.map((stop) => stop())]);
  clearTimeout(cut);
  await closeManager(parts.manager, parts.log);
  await parts.logStream?.flushed();
}

export interface Draining {
  readonly parts: Parts;
  readonly app: App;
  readonly agent: LocalAgent | null;
  /** They end what runs by itself. */
  readonly stops: readonly (() => Promise<void>)[];
}

/** Connections that are still open after so long are cut. */
const DRAIN_MS = 3_000;
