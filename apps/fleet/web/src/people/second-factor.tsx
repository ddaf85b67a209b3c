/** Users set up a second factor here, get recovery codes, and switch it off. */

import type { SecondFactorAnswer, SecondFactorSecret } from "@neverstale/fleet-domain";
import { useState } from "react";
import { Button } from "react-aria-components";
import { Notice } from "../components/notice.tsx";
import { ClockTime } from "../components/time.tsx";
import { howMany } from "../state/format.ts";
import { useAsked } from "./asked.ts";
import { usePeople } from "./people.ts";
import { EnrolSheet, NewCodesSheet, RecoveryCodesSheet, SwitchOffSheet } from "./second-factor-sheets.tsx";

type Step =
  | { readonly kind: "enrol"; readonly begun: SecondFactorSecret }
  | { readonly kind: "new_codes" }
  | { readonly kind: "codes"; readonly codes: readonly string[] }
  | { readonly kind: "switch_off" };

export function OwnSecondFactor() {
  const people = usePeople();
  const { answer, problem, busy, run } = useAsked(people.secondFactor);
  const [step, setStep] = useState<Step | null>(null);
  const close = () => setStep(null);
  const show = (codes: readonly string[]) => run(async () => setStep({ kind: "codes", codes }));
  const begin = () => run(async () => setStep({ kind: "enrol", begun: await people.beginSecondFactor() }));
  return (
    <section aria-labelledby="factor-title">
      {step?.kind === "enrol" && <EnrolSheet begun={step.begun} onEnrolled={show} onClose={close} />}
      {step?.kind === "new_codes" && <NewCodesSheet onMade={show} onClose={close} />}
      {step?.kind === "codes" && <RecoveryCodesSheet codes={step.codes} onClose={close} />}
      {step?.kind === "switch_off" && (
        <SwitchOffSheet
          hasPassword={answer?.hasPassword === true}
          onOff={() => run(async () => close())}
          onClose={close}
        />
      )}
      <header className="people-head">
        <h2 id="factor-title">Second factor</h2>
        {answer !== null && answer.confirmedAt === undefined && (
          <Button className="button" isDisabled={busy} onPress={begin}>
            Set it up
          </Button>
        )}
      </header>
      {problem !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {problem}
        </Notice>
      )}
      {answer !== null && (
        <FactorCard
          answer={answer}
          onNewCodes={() => setStep({ kind: "new_codes" })}
          onSwitchOff={() => setStep({ kind: "switch_off" })}
        />
      )}
    </section>
  );
}

interface FactorCardProps {
  readonly answer: SecondFactorAnswer;
  readonly onNewCodes: () => void;
  readonly onSwitchOff: () => void;
}

function FactorCard({ answer: { confirmedAt, recoveryCodes }, onNewCodes, onSwitchOff }: FactorCardProps) {
  if (confirmedAt === undefined)
    return (
      <p className="card-facts">
        An authenticator app shows a code that is asked for at each sign-in, and for what is dangerous.
      </p>
    );
  return (
    <article className="card" aria-label="Your second factor">
      <header className="card-head">
        <h3 className="card-title">On</h3>
        <p className="card-facts">
          since <ClockTime at={confirmedAt} /> · {howMany(recoveryCodes, "recovery code")} left
        </p>
      </header>
      <div className="card-actions">
        <Button className="button button-small" onPress={onNewCodes}>
          New recovery codes
        </Button>
        <Button className="button button-small" onPress={onSwitchOff}>
          Switch off
        </Button>
      </div>
    </article>
  );
}
