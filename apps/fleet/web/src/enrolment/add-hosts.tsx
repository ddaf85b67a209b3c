/** An admin makes a token here, and copies the one line that makes a machine a host. */

import type { Fleet } from "@neverstale/fleet-domain";
import {
  enrollCautions,
  enrollCommand,
  hostStatus,
  labelOf,
  MAX_TOKEN_USES,
} from "@neverstale/fleet-domain/schema-free";
import { useCallback, useState } from "react";
import { Button, Input, Label, Text, TextArea, TextField } from "react-aria-components";
import { isAdminOfFleet, useAccount } from "../accounts/account.ts";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { formText, useSubmit } from "../accounts/submit.ts";
import { type MadeToken, useVisitor } from "../accounts/visitor.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { Status } from "../components/status.tsx";
import { Ago } from "../components/time.tsx";
import { HOST_LOOKS } from "../hosts/host-status.ts";
import { serverAddress } from "../state/io/base-path.ts";
import { goTo } from "../state/place.ts";
import { sameRecords } from "../state/record-lists.ts";
import { useReplica, useSelection } from "../state/replica-hooks.ts";
import { hostsSince } from "./new-hosts.ts";

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
    const label = formText(form, "label").trim();
    const asked = { uses: Number(formText(form, "uses")), ttlS: 60 * Number(formText(form, "minutes")) };
    onMade(await sessions.makeToken({ ...asked, ...(tags.length > 0 && { tags }), ...(label !== "" && { label }) }));
  });
  return (
    <Sheet title="Add hosts" lead="You get one line to run on each machine that is to become a host." failure={failure}>
      <form className="sign-in-form" onSubmit={submit}>
        <TextField className="field" name="uses" type="number" defaultValue="1" isRequired autoFocus>
          <Label className="field-label">Machines</Label>
          <Input className="input" min={1} max={MAX_TOKEN_USES} step={1} />
          <Text slot="description" className="field-note">
            The line works on so many.
          </Text>
        </TextField>
        <TextField className="field" name="minutes" type="number" defaultValue="60" isRequired>
          <Label className="field-label">Minutes</Label>
          <Input className="input" min={1} max={60} step={1} />
          <Text slot="description" className="field-note">
            It works for so long.
          </Text>
        </TextField>
        <TextField className="field" name="label" maxLength={200}>
          <Label className="field-label">Purpose</Label>
          <Input className="input" autoComplete="off" />
          <Text slot="description" className="field-note">
            Shown in the list of open tokens.
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

/** Whoever runs the line elsewhere sees here that it worked. */
function NewHosts() {
  const replica = useReplica();
  const [since] = useState(() => new Date(replica.serverNow()).toISOString());
  const hosts = useSelection(
    useCallback((fleet: Fleet) => hostsSince(fleet, since), [since]),
    sameRecords,
  );
  return (
    <div role="status" className="new-hosts">
      {hosts.length === 0 ? (
        <p className="quiet">Waiting for the first machine…</p>
      ) : (
        <ul className="lines">
          {hosts.map((host) => (
            <li key={host.id} className="line-item">
              <Status look={HOST_LOOKS[hostStatus(host)]} passing />
              <PlaceLink className="line-main foreign" to={(place) => goTo(place, "hosts", host.id)}>
                {labelOf(host)}
              </PlaceLink>
              <span className="line-end">
                has come <Ago at={host.enrolledAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
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
      <NewHosts />
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
