/** Before a user is removed, an admin says whether what that user has left is to be erased, too. */

import { Button } from "react-aria-components";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { useSubmit } from "../accounts/submit.ts";

interface RemoveUserProps {
  readonly name: string;
  readonly onRemove: (erase: boolean) => Promise<void>;
  readonly onClose: () => void;
}

export function RemoveUserSheet({ name, onRemove, onClose }: RemoveUserProps) {
  const { failure, busy, submit } = useSubmit((form) => onRemove(form.has("erase")));
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet title={`Remove ${name}?`} lead="It ends all sessions at once. Events keep the name." failure={failure}>
        <form className="sign-in-form" onSubmit={submit}>
          <label className="check-field">
            <input type="checkbox" className="checkbox" name="erase" />
            <span>
              Also erase what {name} has left
              <span className="field-note">
                The commands and pipelines that this user started, and events that name the user, also from the history.
                The audit stays. This can't be undone.
              </span>
            </span>
          </label>
          <Button type="submit" className="button button-main" isPending={busy}>
            Remove
          </Button>
          <Button className="button button-plain" onPress={onClose} autoFocus>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}
