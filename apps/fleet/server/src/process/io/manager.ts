/** The manager of the fleet's spaces is opened and closed here. */

import {
  ACCOUNTS_SPACE,
  AGENT_SPACES,
  AUDIT_SPACE,
  accountsModel,
  agentModel,
  auditModel,
  fleetModel,
  fleetViews,
  NOTIFICATIONS_SPACE,
  notificationsModel,
  OUTPUT_SPACES,
  outputModel,
} from "@neverstale/fleet-domain";
import type { AnyViews } from "@neverstale/protocol";
import { type NodeOptions, StateManager, StoreFailure } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { keyForNodes } from "../../accounts/io/server-key.ts";
import { retireOld } from "../../commands/decide.ts";
import type { Log } from "../../fleet/log.ts";
import type { FleetManager } from "../../fleet/state.ts";
import { noteUsedIds } from "../../hosts/new-host-id.ts";
import type { FleetNodes } from "../../nodes/io/fleet-nodes.ts";
import { makeSharedKey } from "../../nodes/shared-key.ts";
import { databaseIn } from "./data-directory.ts";
import { type FleetOptions, retentionOf, socketLimitsOf, socketsAllowed } from "./settings.ts";

export function openManager(options: FleetOptions, { dataDir, log, nodes }: ManagerPlace): Promise<FleetManager> {
  const { now = Date.now } = options;
  const model = fleetModel(options.eventLimit === undefined ? {} : { eventLimit: options.eventLimit });
  return StateManager.open({
    model,
    views: [fleetViews(model) as unknown as AnyViews],
    spaces: {
      [AGENT_SPACES]: agentModel,
      [OUTPUT_SPACES]: outputModel,
      [ACCOUNTS_SPACE]: accountsModel,
      [NOTIFICATIONS_SPACE]: notificationsModel,
      [AUDIT_SPACE]: auditModel(options.auditLimit === undefined ? {} : { auditLimit: options.auditLimit }),
    },
    ...(nodes === null ? {} : { node: nodeOptions(nodes, log) }),
    store:
      nodes?.store ??
      options.store ??
      sqliteStore(databaseIn(dataDir), {
        acceptLostLog: options.acceptLostLog ?? false,
        retention: retentionOf(options),
      }),
    moments: {},
    migrate: (fleet, transaction) => {
      if (nodes !== null) makeSharedKey(transaction, now(), () => keyForNodes(dataDir).toString("base64url"));
      noteUsedIds(transaction, fleet, new Date(now()).toISOString());
      return retireOld(fleet);
    },
    limits: {
      connectionsPerAddress: socketLimitsOf(options).address,
      connections: socketsAllowed(options),
    },
    onProblems: ({ count, found }) => {
      log.warn({ count, found }, "records are stored that this release would not take in; they are served as they are");
    },
    onFailure: (error) => {
      log.fatal(
        { err: error },
        nodes === null ? "whether the last commit is stored is unknown: ending" : "this node can't go on: ending",
      );
      if (options.onFailure === undefined) process.exit(1);
      options.onFailure(error);
    },
  });
}

function nodeOptions({ address, http }: FleetNodes, log: Log): NodeOptions {
  return {
    address,
    link: http.link,
    onDivergence: (divergence) => {
      const { whose } = divergence;
      log.error(
        divergence,
        whose === "own" ? "this node held other records than are stored" : "the writer held other records",
      );
    },
  };
}

export interface ManagerPlace {
  readonly dataDir: string;
  readonly log: Log;
  /** It is null for a server that keeps a store of its own. */
  readonly nodes: FleetNodes | null;
}

/** On a full disk the records can't be put in order any more. The next start does it, from the log. Nothing is lost. */
export async function closeManager(manager: FleetManager, log: Log): Promise<void> {
  await manager.close().catch((error: unknown) => {
    if (!(error instanceof StoreFailure) || error.outcome !== "nothing_moved") throw error;
    log.warn({ err: error }, "the store was closed without its records being put in order");
  });
}
