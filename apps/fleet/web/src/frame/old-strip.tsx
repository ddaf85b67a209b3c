/** While the page is not live, a line above all screens says how old everything is that they show. */

import { Mark } from "../components/mark.tsx";
import { oldStateWords } from "../state/as-of.ts";
import { useNow } from "../state/io/now.ts";
import { useReplica, useSync } from "../state/replica-hooks.ts";

export function OldStrip() {
  const replica = useReplica();
  const view = useSync();
  const now = useNow();
  const words = oldStateWords({ view, confirmedAgeMs: replica.confirmedAgeMs }, now);
  if (words === null) return null;
  return (
    <p className="old-strip age">
      <Mark shape="clock" tone="warn" /> <span>{words}</span>
    </p>
  );
}
