/** Whoever has a name and a password signs in here. */

import type { LoginRequest } from "@neverstale/fleet-domain";
import { Button, Input, Label, TextField } from "react-aria-components";
import { useCodeAsked } from "./code-asked.ts";
import { CodeField } from "./code-field.tsx";
import { ProxySignIn } from "./proxy-sign-in.tsx";
import { Sheet } from "./sheet.tsx";
import { formText, useSubmit } from "./submit.ts";

interface SignInProps {
  readonly title: string;
  /** This stands under the title. */
  readonly lead: string;
  readonly user: string;
  readonly onSignIn: (login: LoginRequest) => Promise<void>;
}

export function SignIn({ title, lead, user, onSignIn }: SignInProps) {
  const { asksCode, orAskForCode } = useCodeAsked();
  const { failure, busy, submit } = useSubmit((form) =>
    orAskForCode(formText(form, "totp"), (totp) =>
      onSignIn({ username: formText(form, "username"), password: formText(form, "password"), ...totp }),
    ),
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
        {asksCode && <CodeField autoFocus />}
        <Button type="submit" className="button button-main" isPending={busy}>
          Sign in
        </Button>
      </form>
      <ProxySignIn />
    </Sheet>
  );
}
