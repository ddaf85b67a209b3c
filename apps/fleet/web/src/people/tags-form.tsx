/** These say which hosts somebody sees, and let an admin change that. */

import { Button, Input, Label, Text, TextField } from "react-aria-components";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { formText, useSubmit } from "../accounts/submit.ts";
import { typedTags } from "./user-words.ts";

export function TagsField({ tags }: { readonly tags: readonly string[] | null }) {
  return (
    <TextField className="field" name="tags" defaultValue={tags?.join(" ") ?? ""} maxLength={2_200}>
      <Label className="field-label">Only hosts with one of these tags</Label>
      <Input className="input" autoComplete="off" autoCapitalize="none" spellCheck={false} />
      <Text slot="description" className="field-note">
        Such as team:web. Empty means all hosts.
      </Text>
    </TextField>
  );
}

interface TagsFormProps {
  readonly user: string;
  readonly tags: readonly string[] | null;
  readonly onGrant: (tags: readonly string[] | null) => Promise<void>;
  readonly onClose: () => void;
}

export function TagsForm({ user, tags, onGrant, onClose }: TagsFormProps) {
  const { failure, busy, submit } = useSubmit((form) => onGrant(typedTags(formText(form, "tags"))));
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet title={`Hosts of ${user}`} lead="It holds at once, on open pages too." failure={failure}>
        <form className="sign-in-form" onSubmit={submit}>
          <TagsField tags={tags} />
          <Button type="submit" className="button button-main" isPending={busy}>
            Grant
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}
