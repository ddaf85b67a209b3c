/** The one-time link of an invitation was opened: the visitor sets the password, and is signed in. */

import type { TakeLinkRequest } from "@neverstale/fleet-domain";
import { MIN_PASSWORD_LENGTH } from "@neverstale/fleet-domain/schema-free";
import { Button, Input, Label, Text, TextField } from "react-aria-components";
import { useCodeAsked } from "./code-asked.ts";
import { CodeField } from "./code-field.tsx";
import { Sheet } from "./sheet.tsx";
import { formText, useSubmit } from "./submit.ts";

interface TakeInvitationProps {
  readonly user: string;
  readonly onTake: (taken: Omit<TakeLinkRequest, "token">) => Promise<void>;
  /** After an attempt that failed, the visitor may sign in instead: the link may have been used before. */
  readonly onGiveUp: () => void;
}

export function TakeInvitation({ user, onTake, onGiveUp }: TakeInvitationProps) {
  const { asksCode, orAskForCode } = useCodeAsked();
  const { failure, busy, submit } = useSubmit((form) =>
    orAskForCode(formText(form, "totp"), (totp) => onTake({ password: formText(form, "password"), ...totp })),
  );
  return (
    <Sheet title="Welcome" lead="Choose the password with which you sign in from now on." failure={failure}>
      <form className="sign-in-form" onSubmit={submit}>
        <TextField className="field" name="username" value={user} isReadOnly>
          <Label className="field-label">User name</Label>
          <Input className="input" autoComplete="username" />
        </TextField>
        <TextField
          className="field"
          name="password"
          type="password"
          minLength={MIN_PASSWORD_LENGTH}
          isRequired
          autoFocus
        >
          <Label className="field-label">New password</Label>
          <Input className="input" autoComplete="new-password" />
          <Text slot="description" className="field-note">
            At least {MIN_PASSWORD_LENGTH} characters.
          </Text>
        </TextField>
        {asksCode && <CodeField autoFocus />}
        <Button type="submit" className="button button-main" isPending={busy}>
          Set password
        </Button>
        {failure !== null && (
          <Button className="button button-plain" onPress={onGiveUp}>
            Sign in instead
          </Button>
        )}
      </form>
    </Sheet>
  );
}
