/** These are all workloads of the bench. */

import type { MakeWorkload } from "../harness/workload.ts";
import { fanout } from "./w1-fanout.ts";
import { latency } from "./w2-latency.ts";
import { reconnect } from "./w3-reconnect.ts";
import { join } from "./w4-join.ts";
import { memory } from "./w5-memory.ts";
import { durable } from "./w6-durable.ts";
import { client } from "./w7-client.ts";
import { start } from "./w8-start.ts";
import { growth } from "./w9-growth.ts";
import { storm } from "./w10-storm.ts";
import { database } from "./w11-database.ts";
import { nodes } from "./w12-nodes.ts";
import { views } from "./w13-views.ts";
import { nested } from "./w14-nested.ts";

/** They stand in the order in which they run and are printed. */
export const WORKLOADS: readonly MakeWorkload[] = [
  fanout,
  latency,
  reconnect,
  join,
  memory,
  durable,
  client,
  start,
  growth,
  storm,
  database,
  nodes,
  views,
  nested,
];
