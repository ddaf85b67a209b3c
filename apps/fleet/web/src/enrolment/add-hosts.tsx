/** An admin makes a token here, and copies the one line that makes a machine a host. */

import { enrollCautions, enrollCommand, MAX_TOKEN_USES } from "@neverstale/fleet-domain/schema-free";
import { useState } from "react";
import { Button, Input, Label, Text, TextArea, TextField } from "react-aria-components";
import { isAdminOfFleet, useAccount } from "../accounts/account.ts";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { formText, useSubmit } from "../accounts/submit.ts";
import { type MadeToken, useVisitor } from "../accounts/visitor.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { serverAddress } from "../state/io/base-path.ts";

export function AddHosts() {
  const account = useAccount();
  const [isOpen, setOpen] = useState(false);
  if (!isAdminOfFleet(account)) return null;
  return (
    <>
      {isOpen && <AddHostsDialog onClose={() => setOpen(false)} />}
      <Button className="button" onPress={() => setOpen(true)}>
        Add hosts
      </Button>
    </>
  );
}

function AddHostsDialog({ onClose }: { readonly onClose: () => void }) {
  const [made, setMade] = useState<MadeToken | null>(null);
  return (
    <SheetDialog onCancel={onClose}>
      {made === null ? <TokenForm onMade={setMade} onClose={onClose} /> : <MadeCommand made={made} onClose={onClose} />}
    </SheetDialog>
  );
}

interface TokenFormProps {
  readonly onMade: (made: MadeToken) => void;
  readonly onClose: () => void;
}

function TokenForm({ onMade, onClose }: TokenFormProps) {
  const { sessions } = useVisitor();
  const { failure, busy, submit } = useSubmit(async (form) => {
    const tags = formText(form, "tags")
      .split(/[\s,]+/)
      .filter((tag) => tag !== "");
    onMade(await sessions.makeToken({ uses: Number(formText(form, "uses")), ...(tags.length > 0 && { tags }) }));
  });
  return (
    <Sheet title="Add hosts" lead="You get one line to run on each machine that is to become a host." failure={failure}>
      <form className="sign-in-form" onSubmit={submit}>
        <TextField className="field" name="uses" type="number" defaultValue="1" isRequired autoFocus>
          <Label className="field-label">Machines</Label>
          <Input className="input" min={1} max={MAX_TOKEN_USES} step={1} />
          <Text slot="description" className="field-note">
            The line works on so many, within an hour.
          </Text>
        </TextField>
        <TextField className="field" name="tags">
          <Label className="field-label">Tags</Label>
          <Input className="input" autoComplete="off" />
          <Text slot="description" className="field-note">
            The new hosts get them, such as prod or team:web.
          </Text>
        </TextField>
        <Button type="submit" className="button button-main" isPending={busy}>
          Make the line
        </Button>
        <Button className="button button-plain" onPress={onClose}>
          Cancel
        </Button>
      </form>
    </Sheet>
  );
}

function MadeCommand({ made, onClose }: { readonly made: MadeToken; readonly onClose: () => void }) {
  const server = new URL(serverAddress());
  const command = enrollCommand(server, made.token, made.sha256);
  return (
    <Sheet
      title="Add hosts"
      lead="Run this on each machine. It checks the agent's hash before it runs anything, and the host appears in the list."
      failure={null}
    >
      <TextField className="field" value={command} isReadOnly autoFocus>
        <Label className="field-label">The line to run</Label>
        <TextArea className="input command-line" rows={7} />
      </TextField>
      {enrollCautions(server).map((caution) => (
        <p key={caution} className="field-note">
          {caution}
        </p>
      ))}
      <dl className="facts">
        <div className="fact">
          <dt>SHA-256 of the agent</dt>
          <dd className="value command-hash">{made.sha256}</dd>
        </div>
      </dl>
      <CopyButton label="Copy the line" text={() => command} />
      <Button className="button button-main" onPress={onClose}>
        Done
      </Button>
    </Sheet>
  );
}
