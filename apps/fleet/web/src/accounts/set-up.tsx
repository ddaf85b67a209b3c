/** The one-time link was opened: the visitor is the administrator and may choose a password now. */

import { MIN_PASSWORD_LENGTH } from "@neverstale/fleet-domain/schema-free";
import { Button, Input, Label, Text, TextField } from "react-aria-components";
import { Sheet } from "./sheet.tsx";
import { formText, useSubmit } from "./submit.ts";

interface SetUpProps {
  /** Null means to go on without a password, for this time. */
  readonly onSetUp: (password: string | null) => Promise<void>;
  /** After an attempt that failed, the visitor may sign in with a password: the link may have been used before. */
  readonly onGiveUp: () => void;
}

export function SetUp({ onSetUp, onGiveUp }: SetUpProps) {
  const { failure, busy, submit } = useSubmit((form) =>
    onSetUp(formText(form, "password") === "" ? null : formText(form, "password")),
  );
  return (
    <Sheet
      title="Welcome"
      lead="You opened the one-time sign-in link: you are the administrator. Choose a password for the next time."
      failure={failure}
    >
      <form className="sign-in-form" onSubmit={submit}>
        <TextField className="field" name="username" value="admin" isReadOnly>
          <Label className="field-label">User name</Label>
          <Input className="input" autoComplete="username" />
        </TextField>
        <TextField className="field" name="password" type="password" minLength={MIN_PASSWORD_LENGTH} autoFocus>
          <Label className="field-label">New password</Label>
          <Input className="input" autoComplete="new-password" />
          <Text slot="description" className="field-note">
            At least {MIN_PASSWORD_LENGTH} characters; the user name is admin. Leave it empty to go on without one for
            now.
          </Text>
        </TextField>
        <Button type="submit" className="button button-main" isPending={busy}>
          Sign in
        </Button>
        {failure !== null && (
          <Button className="button button-plain" onPress={onGiveUp}>
            Sign in with a password instead
          </Button>
        )}
      </form>
    </Sheet>
  );
}
