/** The past moments of an engine follow its commits, and keep bases where it decides changes. */

import type { Engine } from "../authority/engine.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Store } from "../store/contract.ts";
import type { MomentSettings } from "./moment-settings.ts";
import { PastMoments } from "./past-moments.ts";

export function pastMomentsOf(engine: Engine, store: Store, runtime: Runtime, settings: MomentSettings): PastMoments {
  const moments = new PastMoments({
    points: store,
    readLog: (query) => store.readLog(query),
    space: () => engine.spaces.main,
    epoch: () => engine.spaces.epochs.today,
    runtime,
    settings,
  });
  engine.feed.onInterrupt(() => moments.forget());
  engine.onTerm(() => {
    moments.keeper.begin();
    const leave = engine.feed.follow(() => moments.keeper.committed());
    return () => {
      leave();
      moments.keeper.end();
    };
  });
  return moments;
}
