/** A runner is a process that runs plans for another process, each against a broken build of its own. */

import type { RunReport } from "../messages.ts";
import type * as Watched from "../run-watched.ts";
import type { BrokenOrder } from "./broken-runs.ts";
import { importBroken } from "./copies.ts";
import { buildNamed } from "./hook.ts";

const RUN_WATCHED = new URL("../run-watched.ts", import.meta.url);

// What a broken engine throws after its run counts for nothing. During a run `runWatched` notes it.
for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, () => {});
process.on("message", (order: BrokenOrder) => void carryOut(order).catch(end));

async function carryOut({ name, plan }: BrokenOrder): Promise<void> {
  const { runWatched } = await importBroken<typeof Watched>(buildNamed(name), RUN_WATCHED);
  const { lines: _, ...report } = await runWatched(plan);
  process.send?.(report satisfies RunReport);
}

/** The engine could not be loaded. */
function end(error: unknown): void {
  console.error(error);
  process.exit(1);
}
