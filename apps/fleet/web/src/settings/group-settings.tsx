/** Saved groups are filters of hosts with a name. People save, open and remove them here. */

import type { Fleet, HostGroup } from "@neverstale/fleet-domain";
import { useState } from "react";
import { Button, Input, Label, Text, TextField } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { formText, useSubmit } from "../accounts/submit.ts";
import { PlaceLink } from "../components/place-link.tsx";
import { ClockTime } from "../components/time.tsx";
import { WhyNot } from "../frame/why-not.tsx";
import { useAsked } from "../people/asked.ts";
import { Confirm } from "../people/dialogs.tsx";
import { useMayAct } from "../state/may-act.ts";
import { goTo } from "../state/place.ts";
import { sameRecords } from "../state/record-lists.ts";
import { useLoaded, useSelection } from "../state/replica-hooks.ts";
import { useServer } from "../state/server.ts";
import { AskedProblem } from "./asked-problem.tsx";

export function GroupSettings() {
  const groups = useSelection(groupsByName, sameRecords);
  const { mayDispatch } = useAccount();
  const loaded = useLoaded();
  const whyNot = useMayAct().why;
  const [isSaving, setSaving] = useState(false);
  return (
    <>
      {isSaving && <GroupForm onClose={() => setSaving(false)} />}
      {mayDispatch && (
        <p>
          <Button className="button" isDisabled={whyNot !== null} onPress={() => setSaving(true)}>
            Save a group
          </Button>
        </p>
      )}
      {mayDispatch && <WhyNot />}
      {groups.length === 0 && loaded && <p className="quiet">Nobody has saved a group yet.</p>}
      <ul className="cards">
        {groups.map((group) => (
          <li key={group.id}>
            <GroupCard group={group} mayRemove={mayDispatch} />
          </li>
        ))}
      </ul>
    </>
  );
}

function groupsByName({ groups }: Fleet): readonly HostGroup[] {
  return [...groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

interface GroupCardProps {
  readonly group: HostGroup;
  readonly mayRemove: boolean;
}

function GroupCard({ group, mayRemove }: GroupCardProps) {
  const { id, title = id, filter, savedBy, savedAt } = group;
  const server = useServer();
  const whyNot = useMayAct().why;
  const { problem, busy, run } = useAsked(NOTHING);
  const [isAsking, setAsking] = useState(false);
  const remove = () => {
    setAsking(false);
    run(async () => {
      await server.send("DELETE", `/api/groups/${encodeURIComponent(id)}`);
    });
  };
  return (
    <article className="card" aria-label={title}>
      {isAsking && (
        <Confirm
          title={`Remove the group ${title}?`}
          lead="Its hosts stay. What runs on this group by a schedule or a script finds it no more."
          word="Remove"
          onConfirm={remove}
          onCancel={() => setAsking(false)}
        />
      )}
      <header className="card-head">
        <h2 className="card-title foreign">{title}</h2>
        {mayRemove && (
          <div className="card-actions">
            <Button
              className="button button-small"
              isDisabled={busy || whyNot !== null}
              onPress={() => setAsking(true)}
            >
              Remove
            </Button>
          </div>
        )}
        <p className="card-facts card-row">
          <PlaceLink className="row-link foreign mono" to={(place) => ({ ...goTo(place, "hosts"), filter })}>
            {filter}
          </PlaceLink>
        </p>
        <p className="card-facts card-row">
          <span className="mono">{id}</span> · saved by <span className="foreign">{savedBy}</span>{" "}
          <ClockTime at={savedAt} />
        </p>
      </header>
      <AskedProblem problem={problem} />
    </article>
  );
}

const NOTHING = async () => null;

function GroupForm({ onClose }: { readonly onClose: () => void }) {
  const server = useServer();
  const { failure, busy, submit } = useSubmit(async (form) => {
    const title = formText(form, "title").trim();
    const asked = { name: formText(form, "name").trim(), filter: formText(form, "filter").trim() };
    await server.send("POST", "/api/groups", { ...asked, ...(title !== "" && { title }) });
    onClose();
  });
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet title="Save a group" lead="A group of this name that is there already gives way to it." failure={failure}>
        <form className="sign-in-form" onSubmit={submit}>
          <TextField className="field" name="name" isRequired autoFocus maxLength={64}>
            <Label className="field-label">Name</Label>
            <Input className="input" autoComplete="off" autoCapitalize="none" spellCheck={false} />
            <Text slot="description" className="field-note">
              Lower-case letters, digits, - and _.
            </Text>
          </TextField>
          <TextField className="field" name="title" maxLength={500}>
            <Label className="field-label">Title</Label>
            <Input className="input" autoComplete="off" />
          </TextField>
          <TextField className="field" name="filter" isRequired maxLength={500}>
            <Label className="field-label">Filter</Label>
            <Input className="input" autoComplete="off" autoCapitalize="none" spellCheck={false} />
            <Text slot="description" className="field-note">
              As above the list of hosts: web tag:prod status:offline.
            </Text>
          </TextField>
          <Button type="submit" className="button button-main" isPending={busy}>
            Save
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}
