/** These dialogs invite a user, show a one-time link, and ask before something is taken away. */

import { useState } from "react";
import { Button, Input, Label, Text, TextArea, TextField } from "react-aria-components";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { formText, useSubmit } from "../accounts/submit.ts";
import { Choice } from "../components/choice.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { ClockTime } from "../components/time.tsx";
import { type MadeLink, usePeople } from "./people.ts";
import { TagsField } from "./tags-form.tsx";
import { asRole, ROLE_OPTIONS, typedTags } from "./user-words.ts";

interface InviteFormProps {
  readonly onMade: (made: MadeLink) => void;
  readonly onClose: () => void;
}

export function InviteForm({ onMade, onClose }: InviteFormProps) {
  const people = usePeople();
  const [role, setRole] = useState("viewer");
  const { failure, busy, submit } = useSubmit(async (form) =>
    onMade(await people.invite(formText(form, "name"), asRole(role), typedTags(formText(form, "tags")))),
  );
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet title="Invite" lead="You get a link to hand over. Whoever opens it sets the password." failure={failure}>
        <form className="sign-in-form" onSubmit={submit}>
          <TextField className="field" name="name" isRequired autoFocus>
            <Label className="field-label">User name</Label>
            <Input className="input" autoComplete="off" autoCapitalize="none" spellCheck={false} />
            <Text slot="description" className="field-note">
              Lower-case letters, digits, dot, - and _.
            </Text>
          </TextField>
          <Choice label="Role" placeholder="Role" groups={ROLE_OPTIONS} value={role} onChoose={setRole} />
          <TagsField tags={null} />
          <Button type="submit" className="button button-main" isPending={busy}>
            Make the link
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}

export function LinkSheet({ made, onClose }: { readonly made: MadeLink; readonly onClose: () => void }) {
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet
        title={`A link for ${made.user}`}
        lead="Hand it over on a way that you trust. It works once."
        failure={null}
      >
        <TextField className="field" value={made.link} isReadOnly autoFocus>
          <Label className="field-label">The one-time link</Label>
          <TextArea className="input command-line" rows={4} />
        </TextField>
        <p className="field-note">
          It is good until <ClockTime at={made.expiresAt} />, and is not shown again.
        </p>
        <CopyButton label="Copy the link" text={() => made.link} />
        <Button className="button button-main" onPress={onClose}>
          Done
        </Button>
      </Sheet>
    </SheetDialog>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly lead: string;
  readonly word: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

export function Confirm({ title, lead, word, onConfirm, onCancel }: ConfirmProps) {
  return (
    <SheetDialog onCancel={onCancel}>
      <Sheet title={title} lead={lead} failure={null}>
        <Button className="button button-main" onPress={onConfirm}>
          {word}
        </Button>
        <Button className="button button-plain" onPress={onCancel} autoFocus>
          Cancel
        </Button>
      </Sheet>
    </SheetDialog>
  );
}
