/** Times and ages read like this, in the viewer's zone. The whole date shows on hover. */

import { asOfWords } from "../state/as-of.ts";
import { clock, fullTime, NONE, span, timeTaken } from "../state/format.ts";
import { useServerNow } from "../state/io/now.ts";
import { useOld } from "../state/old.ts";

/** It shows the time by the clock, with the day where that is not today. */
export function ClockTime({ at }: { readonly at: string | undefined }) {
  const now = useServerNow();
  if (at === undefined) return <>{NONE}</>;
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={fullTime(ms)}>
      {clock(ms, now)}
    </time>
  );
}

/** It shows how long ago something was: `38 s ago`. */
export function Ago({ at }: { readonly at: string | undefined }) {
  const now = useServerNow();
  const old = useOld();
  if (at === undefined) return <>{NONE}</>;
  const ms = Date.parse(at);
  const age = now - ms;
  return (
    <time className="age" dateTime={at} title={fullTime(ms)}>
      {age < 2_000 && !old ? "now" : `${span(age)} ago`}
    </time>
  );
}

/** It shows how long something took, or has taken until now. */
export function Elapsed({ from, to }: { readonly from: string | undefined; readonly to: string | undefined }) {
  return to === undefined ? <TakenSoFar from={from} /> : <Took from={from} to={to} />;
}

function TakenSoFar({ from }: { readonly from: string | undefined }) {
  const now = useServerNow();
  return <>{from === undefined ? NONE : span(now - Date.parse(from))}</>;
}

function Took({ from, to }: { readonly from: string | undefined; readonly to: string }) {
  return <>{from === undefined ? NONE : timeTaken(Date.parse(to) - Date.parse(from))}</>;
}

/** It stands beside what was asked for apart from the state, and says when that came. `at` is the server's time, in milliseconds. */
export function AnswerAge({ at }: { readonly at: number }) {
  const now = useServerNow();
  return (
    <time className="age quiet" dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {asOfWords(at, now)}
    </time>
  );
}
