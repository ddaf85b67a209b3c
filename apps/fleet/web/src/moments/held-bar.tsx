/** The bar says that the page is paused, how much has changed behind it, and goes on with one step. */

import { Button } from "react-aria-components";
import { Mark } from "../components/mark.tsx";
import { clock, fullTime, howMany } from "../state/format.ts";
import { useNow } from "../state/io/now.ts";
import { LiveMoment, useMoment, useMoments } from "../state/moment-provider.tsx";
import { useSync } from "../state/replica-hooks.ts";

export function HeldBar() {
  const moments = useMoments();
  const moment = useMoment();
  if (moment.kind !== "held") return null;
  return (
    <section className="moment-bar" aria-label="Pause">
      <Mark shape="half" tone="busy" />
      <p className="moment-words">
        <span role="status">
          <strong>Paused</strong> at <HeldAt at={moment.at} />.
        </span>{" "}
        <LiveMoment>
          <Waiting version={moment.version} />
        </LiveMoment>
      </p>
      <Button className="button button-small button-main" onPress={() => moments.resume()}>
        Resume
      </Button>
    </section>
  );
}

function HeldAt({ at }: { readonly at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {clock(at, now)}
    </time>
  );
}

function Waiting({ version }: { readonly version: number }) {
  const waiting = useSync((view) => view.version - version);
  return (
    <span className="moment-waiting">
      {waiting < 0 ? "The server has put an older state back." : `${howMany(waiting, "change")} waiting.`}
    </span>
  );
}
