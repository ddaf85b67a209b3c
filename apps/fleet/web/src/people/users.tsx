/** Admins invite users, change what they may do, and turn them away. */

import type { ShownUser } from "@neverstale/fleet-domain";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { Choice } from "../components/choice.tsx";
import { Notice } from "../components/notice.tsx";
import { Ago, ClockTime } from "../components/time.tsx";
import { howMany } from "../state/format.ts";
import { type AskedList, useAsked } from "./asked.ts";
import { Confirm, InviteForm, LinkSheet } from "./dialogs.tsx";
import { Erasures } from "./erasures.tsx";
import { type MadeLink, type People, usePeople } from "./people.ts";
import { RemoveUserSheet } from "./remove-user.tsx";
import { TagsForm } from "./tags-form.tsx";
import { UserSessionsSheet } from "./user-sessions.tsx";
import { asRole, hostsWords, ROLE_OPTIONS, STATUS_WORDS } from "./user-words.ts";

export function Users() {
  const people = usePeople();
  const asked = useAsked(people.users);
  const [isInviting, setInviting] = useState(false);
  const [made, setMade] = useState<MadeLink | null>(null);
  const show = (link: MadeLink) => {
    setInviting(false);
    asked.run(async () => setMade(link));
  };
  return (
    <section aria-labelledby="users-title">
      {isInviting && <InviteForm onMade={show} onClose={() => setInviting(false)} />}
      {made !== null && <LinkSheet made={made} onClose={() => setMade(null)} />}
      <header className="people-head">
        <h2 id="users-title">Users</h2>
        <Button className="button" onPress={() => setInviting(true)}>
          Invite
        </Button>
      </header>
      {asked.problem !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {asked.problem}
        </Notice>
      )}
      <ul className="cards">
        {(asked.answer ?? []).map((user) => (
          <li key={user.name}>
            <UserCard user={user} people={people} asked={asked} onMade={setMade} />
          </li>
        ))}
      </ul>
      <Erasures />
    </section>
  );
}

interface UserCardProps {
  readonly user: ShownUser;
  readonly people: People;
  readonly asked: AskedList<unknown>;
  readonly onMade: (made: MadeLink) => void;
}

function UserCard({ user, people, asked, onMade }: UserCardProps) {
  const { name, role, tags = null, status, linkExpiresAt, lastSeenAt, secondFactor } = user;
  const isOwn = useAccount().user === name;
  const [question, setQuestion] = useState<"reset" | "remove" | "factor" | "tags" | "sessions" | null>(null);
  const answer = (act: () => Promise<void>) => {
    setQuestion(null);
    asked.run(act);
  };
  const isDisabled = status === "disabled";
  return (
    <article className="card" aria-label={name}>
      {question === "remove" && (
        <RemoveUserSheet
          name={name}
          onRemove={async (erase) => {
            await people.remove(name);
            if (erase) await people.eraseUser(name);
            answer(async () => {});
          }}
          onClose={() => setQuestion(null)}
        />
      )}
      {question === "sessions" && <UserSessionsSheet name={name} onClose={() => answer(async () => {})} />}
      {question === "reset" && (
        <Confirm
          title={`Reset ${name}?`}
          lead="It takes the password away and ends all sessions at once. You get a one-time link to hand over."
          word="Reset"
          onConfirm={() => answer(async () => onMade(await people.reset(name)))}
          onCancel={() => setQuestion(null)}
        />
      )}
      {question === "factor" && (
        <Confirm
          title={`Take the second factor of ${name} away?`}
          lead="Then the password alone lets them in. Do it for who has lost the app and the recovery codes."
          word="Take it away"
          onConfirm={() => answer(() => people.takeSecondFactor(name))}
          onCancel={() => setQuestion(null)}
        />
      )}
      {question === "tags" && (
        <TagsForm
          user={name}
          tags={tags}
          onGrant={async (granted) => {
            await people.change(name, { tags: granted === null ? null : [...granted] });
            answer(async () => {});
          }}
          onClose={() => setQuestion(null)}
        />
      )}
      <header className="card-head">
        <h3 className="card-title foreign">{name}</h3>
        <span>{STATUS_WORDS[status]}</span>
        <p className="card-facts">
          <span className="foreign">{hostsWords(tags)}</span>{" "}
          {linkExpiresAt !== undefined && (
            <>
              · the link is good until <ClockTime at={linkExpiresAt} />
            </>
          )}
          {lastSeenAt !== undefined && (
            <>
              · used <Ago at={lastSeenAt} />
            </>
          )}
        </p>
      </header>
      <div className="card-actions">
        <Choice
          label={`Role of ${name}`}
          placeholder="Role"
          groups={ROLE_OPTIONS}
          value={role}
          onChoose={(id) => id !== role && asked.run(() => people.change(name, { role: asRole(id) }))}
        />
        <Button className="button button-small" isDisabled={asked.busy} onPress={() => setQuestion("tags")}>
          Hosts
        </Button>
        {!isOwn && user.sessions > 0 && (
          <Button className="button button-small" isDisabled={asked.busy} onPress={() => setQuestion("sessions")}>
            {howMany(user.sessions, "session")}
          </Button>
        )}
        {!isOwn && !isDisabled && (
          <Button className="button button-small" isDisabled={asked.busy} onPress={() => setQuestion("reset")}>
            New link
          </Button>
        )}
        {!isOwn && secondFactor && (
          <Button className="button button-small" isDisabled={asked.busy} onPress={() => setQuestion("factor")}>
            Take the second factor away
          </Button>
        )}
        {!isOwn && (
          <Button
            className="button button-small"
            isDisabled={asked.busy}
            onPress={() => asked.run(() => people.change(name, { disabled: !isDisabled }))}
          >
            {isDisabled ? "Enable" : "Disable"}
          </Button>
        )}
        {!isOwn && (
          <Button className="button button-small" isDisabled={asked.busy} onPress={() => setQuestion("remove")}>
            Remove
          </Button>
        )}
      </div>
    </article>
  );
}
