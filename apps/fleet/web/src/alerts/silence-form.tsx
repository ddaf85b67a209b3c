/** A maintenance window is a silence with a beginning and an end. This form begins or plans one. */

import { useState } from "react";
import { Button, Input, Label, Text, TextField } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { formText, useSubmit } from "../accounts/submit.ts";
import { failureWords } from "../commands/dispatch-outcome.ts";
import { Choice } from "../components/choice.tsx";
import { WhyNot } from "../frame/why-not.tsx";
import { useMayAct } from "../state/may-act.ts";
import { useReplica } from "../state/replica-hooks.ts";
import { askedSilence, fieldTime, type TypedSilence } from "./asked-silence.ts";

export function SilenceForm({ onClose }: { readonly onClose: () => void }) {
  const replica = useReplica();
  const { tags: granted } = useAccount();
  const { may } = useMayAct();
  const [about, setAbout] = useState<TypedSilence["about"]>(granted === null ? "hosts" : "tag");
  const [tag, setTag] = useState(granted?.[0] ?? "");
  const [hourLater] = useState(() => fieldTime(Date.now() + HOUR_MS));
  const { failure, busy, submit } = useSubmit(async (form) => {
    const text = (name: string) => formText(form, name);
    const typed = { about, tag: granted === null ? text("tag") : tag, hosts: text("hosts"), from: text("from") };
    const asked = askedSilence({ ...typed, until: text("until"), reason: text("reason") }, replica.list("hosts"));
    if (typeof asked === "string") throw new Error(asked);
    await replica.silence(asked).catch((error: unknown) => {
      throw new Error(failureWords(error).sentence);
    });
    onClose();
  });
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet
        title="Silence hosts"
        lead="No alert about them fires in that time. What they do is shown as ever."
        failure={failure}
      >
        <form className="sign-in-form" onSubmit={submit}>
          {granted === null ? (
            <Choice
              label="Which hosts"
              placeholder="Which hosts"
              groups={ABOUT}
              value={about}
              onChoose={(id) => setAbout(id === "all" || id === "tag" ? id : "hosts")}
            />
          ) : (
            <Choice
              label="Hosts with the tag"
              placeholder="Tag"
              groups={[{ title: "", options: granted.map((id) => ({ id, word: id })) }]}
              value={tag}
              onChoose={setTag}
            />
          )}
          {granted === null && about === "tag" && <Line name="tag" label="Tag" note="Such as rack-4." />}
          {about === "hosts" && <Line name="hosts" label="Hosts" note="Their names, with spaces between them." />}
          <TextField className="field" name="from" type="datetime-local">
            <Label className="field-label">From</Label>
            <Input className="input" />
            <Text slot="description" className="field-note">
              Empty means from now on.
            </Text>
          </TextField>
          <TextField className="field" name="until" type="datetime-local" defaultValue={hourLater} isRequired>
            <Label className="field-label">Until</Label>
            <Input className="input" />
          </TextField>
          <Line name="reason" label="Why" note="Others read it beside the silence." />
          <WhyNot />
          <Button type="submit" className="button button-main" isPending={busy} isDisabled={!may}>
            Silence
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}

const HOUR_MS = 3_600_000;

const ABOUT = [
  {
    title: "",
    options: [
      { id: "hosts", word: "These hosts" },
      { id: "tag", word: "All hosts with a tag" },
      { id: "all", word: "All hosts" },
    ],
  },
];

function Line({ name, label, note }: { readonly name: string; readonly label: string; readonly note: string }) {
  return (
    <TextField className="field" name={name} isRequired maxLength={500}>
      <Label className="field-label">{label}</Label>
      <Input className="input" autoComplete="off" autoCapitalize="none" spellCheck={name === "reason"} />
      <Text slot="description" className="field-note">
        {note}
      </Text>
    </TextField>
  );
}
