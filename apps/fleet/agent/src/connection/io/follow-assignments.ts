/** The agent follows the assignments of its host as a replica of the sync protocol. */

import { Agent } from "node:https";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { type AgentState, agentModel } from "@neverstale/fleet-domain";
import WebSocket, { type ClientOptions } from "ws";
import type { AssignmentReplica } from "../assignment-replica.ts";
import { type ServerTrust, tlsOptionsOf } from "./server-trust.ts";

export interface FollowOptions {
  readonly server: URL;
  /** It may be another one each time. */
  readonly credential: () => string;
  readonly trust: ServerTrust;
  /** This is called when something of the space may have changed. */
  readonly onChange: () => void;
}

/** Lost connections, restarts and restores of the server heal by the rules of the replica. */
export function followAssignments({ server, credential, trust, onChange }: FollowOptions): AssignmentReplica {
  const bounds: ClientOptions = { maxPayload: MAX_FRAME_BYTES, handshakeTimeout: 10_000 };
  const isSecure = server.protocol === "https:";
  class AgentSocket extends WebSocket {
    constructor(url: string, protocols: string[], options: ClientOptions) {
      super(url, protocols, {
        ...options,
        ...bounds,
        ...(isSecure && { agent: new Agent(tlsOptionsOf(trust)) }),
      });
    }
  }
  const headers = {
    get authorization() {
      return `Bearer ${credential()}`;
    },
  };
  const io = nodeEnvironment({ WebSocket: AgentSocket, headers });
  const sync = new StateSync<AgentState>({ url: new URL("agent/sync", server).href, io, model: agentModel.model });
  const unsubscribe = sync.subscribe(onChange);
  const timer = setInterval(() => {
    const { status } = sync;
    if (status.type === "signed_out" || (status.type === "stale" && ENDED.has(status.why))) sync.start();
  }, ASK_AGAIN_MS);
  return {
    get assignments() {
      return sync.position === null ? null : sync.state.commands;
    },
    get epoch() {
      return sync.epoch;
    },
    close() {
      clearInterval(timer);
      unsubscribe();
      sync.stop();
    },
  };
}

const MAX_FRAME_BYTES = 16 * 1024 ** 2;
/** When the server has sent the agent away for good, it is asked again at this pace: the answers to reports say what is true. */
const ASK_AGAIN_MS = 5_000;
/** The replica does not go on by itself after these. */
const ENDED: ReadonlySet<string> = new Set(["forbidden", "unknown_space", "client_too_old"]);
