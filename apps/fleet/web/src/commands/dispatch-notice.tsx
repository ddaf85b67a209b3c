/** The bar says what came of a dispatch. */

import type { Fleet } from "@neverstale/fleet-domain";
import { useEffect, useMemo, useRef } from "react";
import { Button } from "react-aria-components";
import { Notice } from "../components/notice.tsx";
import { useSelection } from "../state/replica-hooks.ts";
import type { DispatchOutcome } from "./dispatch-outcome.ts";
import { startedWords } from "./started-words.ts";

interface DispatchOutcomeNoticeProps {
  readonly outcome: DispatchOutcome;
  readonly onRepeat: () => void;
  /** It is called some time after there is nothing more to say. */
  readonly onOver: () => void;
}

export function DispatchOutcomeNotice({ outcome, onRepeat, onOver }: DispatchOutcomeNoticeProps) {
  switch (outcome.kind) {
    case "started":
      return <StartedNotice outcome={outcome} onOver={onOver} />;
    case "moved":
    case "refused":
      return (
        <Notice tone="bad" shape="cross" role="alert">
          {outcome.sentence}
        </Notice>
      );
    case "unknown":
      return (
        <Notice tone="warn" shape="question" role="alert">
          {outcome.sentence}{" "}
          <Button className="button button-small" onPress={onRepeat}>
            Ask again
          </Button>
        </Notice>
      );
  }
}

/** The outcome of a run stays for so long after the end of all of it. */
const END_SHOWN_MS = 8_000;

interface StartedNoticeProps {
  readonly outcome: Extract<DispatchOutcome, { kind: "started" }>;
  readonly onOver: () => void;
}

/** It says what is true of the run now, and goes some time after the run's end. */
function StartedNotice({ outcome, onOver }: StartedNoticeProps) {
  const { started } = outcome;
  const select = useMemo(() => (fleet: Fleet) => startedWords(started, (id) => fleet.commands.get(id)), [started]);
  const { tone, shape, sentence, ended } = useSelection(select);
  const over = useRef(onOver);
  useEffect(() => {
    over.current = onOver;
  });
  const goes = ended && outcome.sentence === ""; // Why something was not started is to be read at leisure.
  useEffect(() => {
    if (!goes) return;
    const timer = setTimeout(() => over.current(), END_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [goes]);
  return (
    <Notice tone={tone} shape={shape}>
      {sentence} {outcome.sentence}
    </Notice>
  );
}
