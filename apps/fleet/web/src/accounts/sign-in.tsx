/** Whoever has a name and a password signs in here. */

import { Button, Input, Label, TextField } from "react-aria-components";
import { Sheet } from "./sheet.tsx";
import { formText, useSubmit } from "./submit.ts";

interface SignInProps {
  readonly title: string;
  /** This stands under the title. */
  readonly lead: string;
  readonly user: string;
  readonly onSignIn: (username: string, password: string) => Promise<void>;
}

export function SignIn({ title, lead, user, onSignIn }: SignInProps) {
  const { failure, busy, submit } = useSubmit((form) =>
    onSignIn(formText(form, "username"), formText(form, "password")),
  );
  return (
    <Sheet title={title} lead={lead} failure={failure}>
      <form className="sign-in-form" onSubmit={submit}>
        <TextField className="field" name="username" defaultValue={user} isRequired autoFocus={user === ""}>
          <Label className="field-label">User name</Label>
          <Input className="input" autoComplete="username" autoCapitalize="none" spellCheck={false} />
        </TextField>
        <TextField className="field" name="password" type="password" isRequired autoFocus={user !== ""}>
          <Label className="field-label">Password</Label>
          <Input className="input" autoComplete="current-password" />
        </TextField>
        <Button type="submit" className="button button-main" isPending={busy}>
          Sign in
        </Button>
      </form>
    </Sheet>
  );
}
