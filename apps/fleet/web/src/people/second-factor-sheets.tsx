/** These sheets set a second factor up, show recovery codes, and switch it off. */

import type { SecondFactorSecret } from "@neverstale/fleet-domain";
import { Button, Input, Label, TextArea, TextField } from "react-aria-components";
import { CodeField } from "../accounts/code-field.tsx";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { formText, useSubmit } from "../accounts/submit.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { QrCode } from "../components/qr-code.tsx";
import { usePeople } from "./people.ts";

interface EnrolSheetProps {
  readonly begun: SecondFactorSecret;
  readonly onEnrolled: (recoveryCodes: readonly string[]) => void;
  readonly onClose: () => void;
}

export function EnrolSheet({ begun: { secret, uri }, onEnrolled, onClose }: EnrolSheetProps) {
  const people = usePeople();
  const { failure, busy, submit } = useSubmit(async (form) =>
    onEnrolled(await people.confirmSecondFactor(formText(form, "totp"))),
  );
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet
        title="Second factor"
        lead="Scan this with an authenticator app, or type the key into it. It is shown once."
        failure={failure}
      >
        <QrCode text={uri} label="The key as a QR code" />
        <TextField className="field" value={secret} isReadOnly>
          <Label className="field-label">The key</Label>
          <TextArea className="input command-line" rows={2} />
        </TextField>
        <form className="sign-in-form" onSubmit={submit}>
          <CodeField autoFocus />
          <Button type="submit" className="button button-main" isPending={busy}>
            Switch it on
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}

interface NewCodesSheetProps {
  readonly onMade: (recoveryCodes: readonly string[]) => void;
  readonly onClose: () => void;
}

export function NewCodesSheet({ onMade, onClose }: NewCodesSheetProps) {
  const people = usePeople();
  const { failure, busy, submit } = useSubmit(async (form) =>
    onMade(await people.newRecoveryCodes(formText(form, "totp"))),
  );
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet title="New recovery codes" lead="Those that you have work no more then." failure={failure}>
        <form className="sign-in-form" onSubmit={submit}>
          <CodeField autoFocus />
          <Button type="submit" className="button button-main" isPending={busy}>
            Make them
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}

interface RecoveryCodesSheetProps {
  readonly codes: readonly string[];
  readonly onClose: () => void;
}

export function RecoveryCodesSheet({ codes, onClose }: RecoveryCodesSheetProps) {
  const text = codes.join("\n");
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet
        title="Recovery codes"
        lead="Each works once in place of a code, for when the app is lost. They are not shown again."
        failure={null}
      >
        <TextField className="field" value={text} isReadOnly autoFocus>
          <Label className="field-label">The recovery codes</Label>
          <TextArea className="input command-line" rows={codes.length} />
        </TextField>
        <CopyButton label="Copy the codes" text={() => text} />
        <Button className="button button-main" onPress={onClose}>
          I have kept them
        </Button>
      </Sheet>
    </SheetDialog>
  );
}

interface SwitchOffSheetProps {
  readonly hasPassword: boolean;
  readonly onOff: () => void;
  readonly onClose: () => void;
}

export function SwitchOffSheet({ hasPassword, onOff, onClose }: SwitchOffSheetProps) {
  const people = usePeople();
  const { failure, busy, submit } = useSubmit(async (form) => {
    await people.removeSecondFactor(formText(form, "totp"), hasPassword ? formText(form, "password") : null);
    onOff();
  });
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet title="Switch it off" lead="From then on the password alone lets you in." failure={failure}>
        <form className="sign-in-form" onSubmit={submit}>
          {hasPassword && (
            <TextField className="field" name="password" type="password" isRequired autoFocus>
              <Label className="field-label">Your password</Label>
              <Input className="input" autoComplete="current-password" />
            </TextField>
          )}
          <CodeField autoFocus={!hasPassword} />
          <Button type="submit" className="button button-main" isPending={busy}>
            Switch off
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}
