/** The name, the tags, the place and the notes that people gave a host stand here, and are changed where they stand. */

import type { Host } from "@neverstale/fleet-domain";
import { useState } from "react";
import { Button, Input, Label, Text, TextArea, TextField } from "react-aria-components";
import { type Account, isAdminOfFleet, useAccount } from "../../accounts/account.ts";
import { formText, useSubmit } from "../../accounts/submit.ts";
import { Notice } from "../../components/notice.tsx";
import { WhyNot } from "../../frame/why-not.tsx";
import { NONE } from "../../state/format.ts";
import { useMayAct } from "../../state/may-act.ts";
import { useReplica } from "../../state/replica-hooks.ts";
import { useServer } from "../../state/server.ts";
import { TagList } from "../tag-list.tsx";
import { changedMeanwhile, formOf, type HostForm, patchOf } from "./host-change.ts";

export function HostNotes({ host }: { readonly host: Host }) {
  const { mayDispatch } = useAccount();
  const [isEditing, setEditing] = useState(false);
  return (
    <section aria-labelledby="host-notes">
      <header className="host-section-head">
        <h2 id="host-notes">Notes and tags</h2>
        {mayDispatch && !isEditing && (
          <Button className="button button-small" onPress={() => setEditing(true)}>
            Edit
          </Button>
        )}
      </header>
      {isEditing ? <NotesForm host={host} onClose={() => setEditing(false)} /> : <ShownNotes host={host} />}
    </section>
  );
}

function ShownNotes({ host }: { readonly host: Host }) {
  const { name, tags, location = NONE, deviceType = NONE, notes } = host;
  return (
    <>
      {notes === undefined ? (
        <p className="quiet">Nobody has written a note.</p>
      ) : (
        <p className="host-notes foreign">{notes}</p>
      )}
      <dl className="facts">
        <ShownFact word="Tags">{tags.length === 0 ? NONE : <TagList tags={tags} />}</ShownFact>
        <ShownFact word="Name">{name ?? "none given"}</ShownFact>
        <ShownFact word="Location">{location}</ShownFact>
        <ShownFact word="Kind">{deviceType}</ShownFact>
      </dl>
    </>
  );
}

function ShownFact({ word, children }: { readonly word: string; readonly children: React.ReactNode }) {
  return (
    <div className="fact">
      <dt>{word}</dt>
      <dd className="foreign">{children}</dd>
    </div>
  );
}

/** Names and tags say what a host is and who sees it, so not everybody who may edit has them. The server judges it in any case. */
function NotesForm({ host, onClose }: { readonly host: Host; readonly onClose: () => void }) {
  const server = useServer();
  const replica = useReplica();
  const account = useAccount();
  const whyNot = useMayAct().why;
  const [before] = useState(() => formOf(host));
  const meanwhile = changedMeanwhile(before, formOf(host));
  const { failure, busy, submit } = useSubmit(async (form) => {
    const patch = patchOf(before, typedIn(form, before));
    const seen = { ifVersion: replica.position?.version, ifEpoch: replica.position?.epoch };
    if (patch !== null) await server.send("PATCH", `/api/hosts/${encodeURIComponent(host.id)}`, { ...patch, ...seen });
    onClose();
  });
  return (
    <form className="host-form" onSubmit={submit}>
      {failure !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {failure}
        </Notice>
      )}
      {meanwhile.length > 0 && (
        <Notice tone="warn" shape="triangle">
          Somebody has changed {meanwhile.join(" and ")} meanwhile. Cancel to see it, or save what you have changed
          here.
        </Notice>
      )}
      <TextField className="field" name="notes" defaultValue={before.notes} maxLength={2_000} autoFocus>
        <Label className="field-label">Notes</Label>
        <TextArea className="input host-notes-input" rows={4} />
      </TextField>
      {mayTag(account) && <LineField name="tags" label="Tags" value={before.tags} note="Such as prod or team:web." />}
      {isAdminOfFleet(account) && (
        <LineField name="name" label="Name" value={before.name} note={`Without one it is called ${host.id}.`} />
      )}
      <LineField name="location" label="Location" value={before.location} />
      <LineField name="deviceType" label="Kind" value={before.deviceType} />
      <WhyNot />
      <div className="host-actions">
        <Button type="submit" className="button button-main" isPending={busy} isDisabled={whyNot !== null}>
          Save
        </Button>
        <Button className="button button-plain" onPress={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

/** Tags say who sees a host, so they are for those who see the whole fleet. */
function mayTag({ mayDispatch, tags }: Account): boolean {
  return mayDispatch && tags === null;
}

interface LineFieldProps {
  readonly name: keyof HostForm;
  readonly label: string;
  readonly value: string;
  readonly note?: string;
}

function LineField({ name, label, value, note }: LineFieldProps) {
  return (
    <TextField className="field" name={name} defaultValue={value} maxLength={500}>
      <Label className="field-label">{label}</Label>
      <Input className="input" autoComplete="off" spellCheck={false} />
      {note !== undefined && (
        <Text slot="description" className="field-note foreign">
          {note}
        </Text>
      )}
    </TextField>
  );
}

/** A field that was not shown stays as it was. */
function typedIn(form: FormData, before: HostForm): HostForm {
  const textOf = (name: keyof HostForm) => (form.has(name) ? formText(form, name) : before[name]);
  return {
    name: textOf("name"),
    tags: textOf("tags"),
    location: textOf("location"),
    deviceType: textOf("deviceType"),
    notes: textOf("notes"),
  };
}
