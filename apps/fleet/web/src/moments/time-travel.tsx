/** The bar of the past says that the page shows an older state and of when, and moves through what the log reaches back to. */

import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../components/icon.tsx";
import { Mark } from "../components/mark.tsx";
import { clock, fullTime, howMany, span } from "../state/format.ts";
import { useNow } from "../state/io/now.ts";
import { LiveMoment, useMoment } from "../state/moment-provider.tsx";
import { useNavigation } from "../state/navigation.ts";
import { useSync } from "../state/replica-hooks.ts";
import { type ShownPast, useMomentPlace, useShownPast } from "./use-past.ts";
import { formatVersion } from "./version-name.ts";

export function TimeTravel() {
  const { at } = useMomentPlace();
  const past = useShownPast(at);
  return at === "" ? null : <PastBar past={past} />;
}

const MINUTE_MS = 60_000;

function PastBar({ past }: { readonly past: ShownPast }) {
  const navigation = useNavigation();
  const moment = useMoment();
  const { problem, isLoading, next, epoch, go } = past;
  const oldest = past.reach?.from?.version ?? 0;
  const shown = moment.kind === "past" ? moment : null;
  const leave = () => navigation.go({ ...navigation.place, at: "", since: "" });
  return (
    <section className="moment-bar moment-bar-past" aria-label="The past" aria-busy={isLoading}>
      <div className="moment-row">
        <Mark shape="clock" tone="warn" />
        <p className="moment-words" role="status">
          {shown === null ? (
            <strong>
              {problem === null ? "Fetching the past. What is shown below is still now." : "The past can't be shown."}
            </strong>
          ) : (
            <PastWords at={shown.at} version={shown.version} />
          )}
        </p>
        <Button className="button button-small button-main" onPress={leave}>
          Back to now
        </Button>
      </div>
      {problem !== null && (
        <p className="moment-problem" role="alert">
          {problem}
        </p>
      )}
      {shown !== null && (
        <div className="moment-row">
          <Step label="One minute back" onPress={() => go({ time: shown.at - MINUTE_MS })}>
            −1 min
          </Step>
          <Step
            label="Previous change"
            isDisabled={shown.version <= oldest}
            onPress={() => go({ version: Math.max(0, shown.version - 1), epoch })}
          >
            <Icon name="back" />
          </Step>
          <Slider past={past} at={shown.at} />
          <Step
            label="Next change"
            isDisabled={next === null}
            onPress={() => next !== null && go({ version: next, epoch })}
          >
            <Icon name="on" />
          </Step>
          <Step label="One minute on" isDisabled={next === null} onPress={() => go({ time: shown.at + MINUTE_MS })}>
            +1 min
          </Step>
          <ChooseTime at={shown.at} onChoose={(time) => go({ time })} />
          <Compare version={shown.version} epoch={epoch} />
        </div>
      )}
    </section>
  );
}

function PastWords({ at, version }: { readonly at: number; readonly version: number }) {
  const now = useNow();
  return (
    <>
      <strong>
        As it was at{" "}
        <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
          {clock(at, now)}
        </time>
      </strong>
      , {span(now - at)} ago,{" "}
      <LiveMoment>
        <ChangesSince version={version} />
      </LiveMoment>
      . Nothing can be started or changed here, and ages are those of then.
    </>
  );
}

function ChangesSince({ version }: { readonly version: number }) {
  return (
    <>
      {howMany(
        Math.max(
          0,
          useSync((view) => view.version - version),
        ),
        "change",
      )}{" "}
      before now
    </>
  );
}

interface StepProps {
  readonly label: string;
  readonly onPress: () => void;
  readonly isDisabled?: boolean;
  readonly children: ReactNode;
}

function Step({ label, onPress, isDisabled = false, children }: StepProps) {
  return (
    <Button className="button button-small" aria-label={label} onPress={onPress} isDisabled={isDisabled}>
      {children}
    </Button>
  );
}

/** So long after the last move the moment is asked for. */
const SETTLED_MS = 200;
const STEPS = 500;

function Slider({ past, at }: { readonly past: ShownPast; readonly at: number }) {
  const { reach, go } = past;
  const now = useNow();
  const [moving, setMoving] = useState<number | null>(null);
  useEffect(() => {
    if (moving === null) return;
    const timer = setTimeout(() => {
      go({ time: moving });
      setMoving(null);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [moving, go]);
  if (reach === null || reach.from === null) return <span className="moment-slider" />;
  const from = Date.parse(reach.from.at);
  const to = Math.max(Date.parse(reach.to.at), at, from + 1_000);
  const shown = moving ?? at;
  return (
    <label className="moment-slider">
      <span className="moment-reach" title={`The past reaches back to ${fullTime(from)}`}>
        {clock(from, now)}
      </span>
      <input
        type="range"
        aria-label="Moment"
        aria-valuetext={fullTime(shown)}
        min={from}
        max={to}
        step={Math.max(1_000, Math.ceil((to - from) / STEPS))}
        value={Math.min(to, Math.max(from, shown))}
        onChange={(event) => setMoving(Number(event.target.value))}
      />
      <span className="moment-reach">{moving === null ? "now" : clock(moving, now)}</span>
    </label>
  );
}

/** The field shows the viewer's own zone. */
function ChooseTime({ at, onChoose }: { readonly at: number; readonly onChoose: (time: number) => void }) {
  const local = new Date(at - new Date(at).getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 19);
  return (
    <input
      key={local}
      className="moment-time"
      type="datetime-local"
      step={1}
      aria-label="Choose a time"
      defaultValue={local}
      onKeyDown={(event) => event.key === "Enter" && choose(event.currentTarget.value, onChoose)}
      onBlur={(event) => event.currentTarget.value !== local && choose(event.currentTarget.value, onChoose)}
    />
  );
}

function choose(value: string, onChoose: (time: number) => void): void {
  const time = new Date(value).getTime();
  if (Number.isFinite(time)) onChoose(time + 999); // The field has whole seconds, and means all of the last one.
}

function Compare({ version, epoch }: { readonly version: number; readonly epoch: string | null }) {
  const navigation = useNavigation();
  const { since } = useMomentPlace();
  const here = formatVersion({ version, epoch });
  const mark = () => navigation.replace({ ...navigation.place, since: since === "" ? here : "" });
  const withNow = () => navigation.go({ ...navigation.place, at: "", since: here });
  return (
    <>
      <Button className="button button-small" onPress={mark}>
        {since === "" ? "Compare from here" : "Stop comparing"}
      </Button>
      {since === "" && (
        <Button className="button button-small" onPress={withNow}>
          Compare with now
        </Button>
      )}
    </>
  );
}
