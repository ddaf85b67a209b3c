/** A user sets the first password here, or changes the one there is. */

import { MIN_PASSWORD_LENGTH } from "@neverstale/fleet-domain/schema-free";
import { Button, Input, Label, Text, TextField } from "react-aria-components";
import { useAccount } from "./account.ts";
import { setPassword } from "./io/account-requests.ts";
import { Sheet, SheetDialog } from "./sheet.tsx";
import { formText, useSubmit } from "./submit.ts";
import { useVisitor } from "./visitor.ts";

export function PasswordForm({ onClose }: { readonly onClose: () => void }) {
  const { user } = useAccount();
  const visitor = useVisitor();
  const { failure, busy, submit } = useSubmit(async (form) => {
    await setPassword(visitor, formText(form, "current"), formText(form, "password"));
    onClose();
  });
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet title="Password" lead="Your other sessions end when it is changed." failure={failure}>
        <form className="sign-in-form" onSubmit={submit}>
          <input type="hidden" name="username" autoComplete="username" value={user} />
          <TextField className="field" name="current" type="password" autoFocus>
            <Label className="field-label">Current password</Label>
            <Input className="input" autoComplete="current-password" />
            <Text slot="description" className="field-note">
              Leave it empty if you have none yet.
            </Text>
          </TextField>
          <TextField className="field" name="password" type="password" minLength={MIN_PASSWORD_LENGTH} isRequired>
            <Label className="field-label">New password</Label>
            <Input className="input" autoComplete="new-password" />
            <Text slot="description" className="field-note">
              At least {MIN_PASSWORD_LENGTH} characters.
            </Text>
          </TextField>
          <Button type="submit" className="button button-main" isPending={busy}>
            Set password
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}
