/** An admin sees where another user is signed in and which API tokens that user has, and ends what is not right. */

import { useCallback } from "react";
import { Button } from "react-aria-components";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { ApiTokenCard } from "./api-tokens.tsx";
import { useAsked } from "./asked.ts";
import { usePeople } from "./people.ts";
import { SessionCard } from "./sessions.tsx";

interface UserSessionsProps {
  readonly name: string;
  readonly onClose: () => void;
}

export function UserSessionsSheet({ name, onClose }: UserSessionsProps) {
  const people = usePeople();
  const sessions = useAsked(useCallback(() => people.sessionsOf(name), [people, name]));
  const tokens = useAsked(useCallback(() => people.apiTokensOf(name), [people, name]));
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet
        title={`Sessions of ${name}`}
        lead="What is ended here is out at once, on open pages too."
        failure={sessions.problem ?? tokens.problem}
      >
        <ul className="sheet-list">
          {(sessions.answer ?? []).map((session) => (
            <li key={session.id}>
              <SessionCard
                session={session}
                busy={sessions.busy}
                onEnd={() => sessions.run(() => people.endSession(session.id))}
              />
            </li>
          ))}
        </ul>
        {sessions.answer?.length === 0 && <p className="quiet">There is no session.</p>}
        {(tokens.answer ?? []).length > 0 && <h2>API tokens</h2>}
        <ul className="sheet-list">
          {(tokens.answer ?? []).map((token) => (
            <li key={token.id}>
              <ApiTokenCard
                token={token}
                busy={tokens.busy}
                onRevoke={() => tokens.run(() => people.revoke(token.id))}
              />
            </li>
          ))}
        </ul>
        <Button className="button button-main" onPress={onClose} autoFocus>
          Done
        </Button>
      </Sheet>
    </SheetDialog>
  );
}
