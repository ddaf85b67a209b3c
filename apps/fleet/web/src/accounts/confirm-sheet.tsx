/** The visitor confirms who that is: with a code where there is a second factor, and else with the password. */

import { useMemo } from "react";
import { Button, Input, Label, TextField } from "react-aria-components";
import { useAsked } from "../people/asked.ts";
import { usePeople } from "../people/people.ts";
import { useAccount } from "./account.ts";
import { CodeField } from "./code-field.tsx";
import { useReauthentication } from "./reauthentication.ts";
import { Sheet, SheetDialog } from "./sheet.tsx";
import { formText, useSubmit } from "./submit.ts";

/** It lies over the page as long as a request waits for it. */
export function ConfirmSheet() {
  const asked = useReauthentication();
  if (asked === null) return null;
  return <ConfirmForm onConfirmed={asked.resolve} onCancel={asked.reject} />;
}

interface ConfirmFormProps {
  readonly onConfirmed: () => void;
  readonly onCancel: () => void;
}

function ConfirmForm({ onConfirmed, onCancel }: ConfirmFormProps) {
  const people = usePeople();
  const { user } = useAccount();
  const { answer, problem } = useAsked(useMemo(() => people.secondFactor, [people]));
  const byCode = answer?.confirmedAt !== undefined;
  const { failure, busy, submit } = useSubmit(async (form) => {
    await people.confirm(byCode ? { totp: formText(form, "totp") } : { password: formText(form, "password") });
    onConfirmed();
  });
  return (
    <SheetDialog onCancel={onCancel}>
      <Sheet
        title="Is it you?"
        lead="This wants to know it again, since you signed in a while ago."
        failure={failure ?? problem}
      >
        <form className="sign-in-form" onSubmit={submit}>
          <input type="hidden" name="username" autoComplete="username" value={user} />
          {answer !== null && byCode && <CodeField autoFocus />}
          {answer !== null && !byCode && (
            <TextField className="field" name="password" type="password" isRequired autoFocus>
              <Label className="field-label">Your password</Label>
              <Input className="input" autoComplete="current-password" />
            </TextField>
          )}
          <Button type="submit" className="button button-main" isPending={busy || answer === null}>
            Confirm
          </Button>
          <Button className="button button-plain" onPress={onCancel}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}
