/** Users see where they are signed in, and end what they do not know. */

import type { SessionEntry } from "@neverstale/fleet-domain";
import { Button } from "react-aria-components";
import { Notice } from "../components/notice.tsx";
import { Ago, ClockTime } from "../components/time.tsx";
import { useAsked } from "./asked.ts";
import { usePeople } from "./people.ts";

export function OwnSessions() {
  const people = usePeople();
  const { answer, problem, busy, run } = useAsked(people.sessions);
  return (
    <section aria-labelledby="sessions-title">
      <h2 id="sessions-title">Your sessions</h2>
      {problem !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {problem}
        </Notice>
      )}
      <ul className="cards">
        {(answer ?? []).map((session) => (
          <li key={session.id}>
            <SessionCard session={session} busy={busy} onEnd={() => run(() => people.endSession(session.id))} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface SessionCardProps {
  readonly session: SessionEntry;
  readonly busy: boolean;
  readonly onEnd: () => void;
}

/** The menu of the account ends the session of this page. */
export function SessionCard({ session, busy, onEnd }: SessionCardProps) {
  const { address = "an unknown address", browser = "an unknown program", createdAt, lastSeenAt, current } = session;
  return (
    <article className="card">
      <header className="card-head">
        <h3 className="card-title foreign">{current ? "This page" : address}</h3>
        {!current && (
          <Button className="button button-small" isDisabled={busy} onPress={onEnd} aria-label={`End ${address}`}>
            End
          </Button>
        )}
        <p className="card-facts foreign">{current ? `${address} · ${browser}` : browser}</p>
        <p className="card-facts">
          since <ClockTime at={createdAt} /> · used <Ago at={lastSeenAt} />
        </p>
      </header>
    </article>
  );
}
