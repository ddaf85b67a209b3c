/** A code of the second factor is typed here. */

import { Input, Label, Text, TextField } from "react-aria-components";

interface CodeFieldProps {
  readonly autoFocus?: boolean;
  /** Without it the code is part of a form, under the name `totp`. */
  readonly onChange?: (code: string) => void;
}

export function CodeField({ autoFocus = false, onChange }: CodeFieldProps) {
  return (
    <TextField
      className="field"
      name="totp"
      isRequired
      autoFocus={autoFocus}
      maxLength={30}
      {...(onChange !== undefined && { onChange })}
    >
      <Label className="field-label">Code</Label>
      <Input className="input" autoComplete="one-time-code" autoCapitalize="none" spellCheck={false} />
      <Text slot="description" className="field-note">
        The six digits of your authenticator app, or a recovery code.
      </Text>
    </TextField>
  );
}
