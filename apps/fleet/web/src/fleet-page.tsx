/** The page is the dashboard for whoever is signed in, and a way in for everyone else. */

import type { LoginRequest, Role } from "@neverstale/fleet-domain";
import { useEffect, useMemo, useState } from "react";
import { AccountContext } from "./accounts/account.ts";
import { ConfirmSheet } from "./accounts/confirm-sheet.tsx";
import type { OneTimeLink } from "./accounts/io/one-time-link.ts";
import { SetUp } from "./accounts/set-up.tsx";
import { SheetDialog } from "./accounts/sheet.tsx";
import { SignIn } from "./accounts/sign-in.tsx";
import { TakeInvitation } from "./accounts/take-invitation.tsx";
import { useVisitor, useVisitorState } from "./accounts/visitor.ts";
import { Dashboard } from "./dashboard.tsx";

interface FleetPageProps {
  /** Null means that the page was opened without one. */
  readonly oneTimeLink: OneTimeLink | null;
}

export function FleetPage({ oneTimeLink }: FleetPageProps) {
  const visitor = useVisitor();
  const state = useVisitorState();
  const [link, setLink] = useState(oneTimeLink);
  const signIn = (login: LoginRequest) => visitor.signIn(login);

  if (state.phase === "unknown") return <Loading />;
  if (state.phase === "signed_out" && state.before === null) {
    return (
      <main className="sign-in-page">
        {link === null && <SignIn title="Sign in" lead="Your fleet, always current." user="" onSignIn={signIn} />}
        {link?.kind === "setup" && (
          <SetUp
            onSetUp={async (password) => {
              const { token } = link;
              await visitor.setUp(password === null ? { token } : { token, password });
              setLink(null); // It is used up.
            }}
            onGiveUp={() => setLink(null)}
          />
        )}
        {link?.kind === "invitation" && (
          <TakeInvitation
            user={link.user}
            onTake={async (taken) => {
              await visitor.takeInvitation({ token: link.token, ...taken });
              setLink(null); // It is used up.
            }}
            onGiveUp={() => setLink(null)}
          />
        )}
      </main>
    );
  }
  const user = state.phase === "signed_in" ? state.user : (state.before ?? "");
  return (
    <>
      <OwnDashboard
        key={user}
        user={user}
        role={state.phase === "signed_in" ? state.role : "viewer"}
        tags={state.phase === "signed_in" ? state.tags : null}
      />
      {state.phase === "signed_out" && (
        <SheetDialog>
          <SignIn
            title="Session ended"
            lead="Sign in again: the page goes on where you were."
            user={user}
            onSignIn={signIn}
          />
        </SheetDialog>
      )}
    </>
  );
}

interface OwnDashboardProps {
  readonly user: string;
  readonly role: Role;
  readonly tags: readonly string[] | null;
}

function OwnDashboard({ user, role, tags }: OwnDashboardProps) {
  const account = useMemo(() => ({ user, role, tags, mayDispatch: role !== "viewer" }), [user, role, tags]);
  return (
    <AccountContext value={account}>
      <Dashboard />
      <ConfirmSheet />
    </AccountContext>
  );
}

const ASK_AGAIN_MS = 2_000;
/** A server that takes longer may be away. Whom the browser remembers need not wait for it. */
const PATIENCE_MS = 1_500;

/** The server has not said yet who is signed in. */
function Loading() {
  const visitor = useVisitor();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      visitor.load().catch(() => {
        if (visitor.state.phase !== "unknown" || visitor.goOn()) return;
        setFailed(true);
        timer = setTimeout(ask, ASK_AGAIN_MS);
      });
    void ask();
    const patience = setTimeout(() => visitor.goOn(), PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      clearTimeout(patience);
    };
  }, [visitor]);
  return (
    <main className="sign-in-page" aria-busy="true">
      <p className="quiet" role="status">
        {failed ? "The server can't be reached. Trying again every 2 seconds." : ""}
      </p>
    </main>
  );
}
