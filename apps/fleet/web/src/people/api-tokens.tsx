/** Users make tokens for their programs, and revoke them. */

import type { ApiTokenEntry } from "@neverstale/fleet-domain";
import { useState } from "react";
import { Button, Input, Label, Text, TextArea, TextField } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { formText, useSubmit } from "../accounts/submit.ts";
import { Choice } from "../components/choice.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Notice } from "../components/notice.tsx";
import { Ago, ClockTime } from "../components/time.tsx";
import { serverPath } from "../state/io/base-path.ts";
import { useAsked } from "./asked.ts";
import { usePeople } from "./people.ts";
import { TagsField } from "./tags-form.tsx";
import { asRole, hostsWords, roleOptions, typedTags } from "./user-words.ts";

export function OwnApiTokens() {
  const people = usePeople();
  const asked = useAsked(people.apiTokens);
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const show = (token: string) => {
    setMaking(false);
    asked.run(async () => setMade(token));
  };
  return (
    <section aria-labelledby="tokens-title">
      {isMaking && <TokenForm onMade={show} onClose={() => setMaking(false)} />}
      {made !== null && <TokenSheet token={made} onClose={() => setMade(null)} />}
      <header className="people-head">
        <h2 id="tokens-title">Your API tokens</h2>
        <Button className="button" onPress={() => setMaking(true)}>
          Make a token
        </Button>
      </header>
      <p>
        <a href={serverPath("/api")}>What a program may ask for</a>
      </p>
      {asked.problem !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {asked.problem}
        </Notice>
      )}
      <ul className="cards">
        {(asked.answer ?? []).map((token) => (
          <li key={token.id}>
            <ApiTokenCard token={token} busy={asked.busy} onRevoke={() => asked.run(() => people.revoke(token.id))} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface TokenCardProps {
  readonly token: ApiTokenEntry;
  readonly busy: boolean;
  readonly onRevoke: () => void;
}

export function ApiTokenCard({ token, busy, onRevoke }: TokenCardProps) {
  const { label, role, tags, expiresAt, lastUsedAt } = token;
  return (
    <article className="card" aria-label={label}>
      <header className="card-head">
        <h3 className="card-title foreign">{label}</h3>
        <Button className="button button-small" isDisabled={busy} onPress={onRevoke}>
          Revoke
        </Button>
        <p className="card-facts">
          {role} · <span className="foreign">{hostsWords(tags)}</span> · until <ClockTime at={expiresAt} /> ·{" "}
          {lastUsedAt === undefined ? (
            "never used"
          ) : (
            <>
              used <Ago at={lastUsedAt} />
            </>
          )}
        </p>
      </header>
    </article>
  );
}

interface TokenFormProps {
  readonly onMade: (token: string) => void;
  readonly onClose: () => void;
}

const DAY_S = 86_400;

function TokenForm({ onMade, onClose }: TokenFormProps) {
  const people = usePeople();
  const account = useAccount();
  const [role, setRole] = useState("viewer");
  const { failure, busy, submit } = useSubmit(async (form) => {
    const ttlS = Number(formText(form, "days")) * DAY_S;
    const tags = typedTags(formText(form, "tags"));
    const asked = { label: formText(form, "label"), role: asRole(role), ttlS };
    onMade(await people.makeApiToken({ ...asked, ...(tags !== null && { tags: [...tags] }) }));
  });
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet title="API token" lead="A program uses it in your name. It is shown once." failure={failure}>
        <form className="sign-in-form" onSubmit={submit}>
          <TextField className="field" name="label" isRequired autoFocus maxLength={100}>
            <Label className="field-label">Purpose</Label>
            <Input className="input" autoComplete="off" />
          </TextField>
          <Choice label="Role" placeholder="Role" groups={roleOptions(account.role)} value={role} onChoose={setRole} />
          <TagsField tags={account.tags} />
          <TextField className="field" name="days" type="number" defaultValue="30" isRequired>
            <Label className="field-label">Days</Label>
            <Input className="input" min={1} max={365} step={1} />
            <Text slot="description" className="field-note">
              It is good for so long.
            </Text>
          </TextField>
          <Button type="submit" className="button button-main" isPending={busy}>
            Make the token
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}

function TokenSheet({ token, onClose }: { readonly token: string; readonly onClose: () => void }) {
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet title="API token" lead="Keep it where only the program reads it. It is not shown again." failure={null}>
        <TextField className="field" value={token} isReadOnly autoFocus>
          <Label className="field-label">The token</Label>
          <TextArea className="input command-line" rows={2} />
        </TextField>
        <CopyButton label="Copy the token" text={() => token} />
        <Button className="button button-main" onPress={onClose}>
          Done
        </Button>
      </Sheet>
    </SheetDialog>
  );
}
