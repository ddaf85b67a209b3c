import type { StateSync } from "@neverstale/client";
import type { Fleet } from "@neverstale/fleet-domain";
import { useEffect, useState, useSyncExternalStore } from "react";
import { SetUp, SignIn, SignInDialog } from "./accounts/sign-in.tsx";
import type { Session } from "./accounts/visitor.ts";
import { Dashboard } from "./dashboard.tsx";
import type { Outputs } from "./outputs/followed-output.ts";
import { at } from "./state/io/base-path.ts";

interface AppProps {
  readonly session: Session;
  readonly sync: StateSync<Fleet>;
  readonly outputs: Outputs;
  /** From the one-time link; null without. */
  readonly setupToken: string | null;
}

/** The dashboard for whoever is signed in, a way in for everyone else. */
export function App({ session, sync, outputs, setupToken }: AppProps) {
  const state = useSyncExternalStore(session.subscribe, () => session.state);
  const [token, setToken] = useState(setupToken);
  const signIn = (username: string, password: string) => session.signIn({ username, password });

  if (state.phase === "unknown") return <Loading session={session} />;
  if (state.phase === "signed_out" && state.before === null) {
    return (
      <main className="sign-in-page">
        {token === null ? (
          <SignIn title="Sign in" lead="Your fleet, always current." user="" onSignIn={signIn} />
        ) : (
          <SetUp
            onSetUp={async (password) => {
              await session.setUp(password === null ? { token } : { token, password });
              setToken(null); // It is used up.
            }}
            onGiveUp={() => setToken(null)}
          />
        )}
      </main>
    );
  }
  const user = state.phase === "signed_in" ? state.user : (state.before ?? "");
  return (
    <>
      <Dashboard
        key={user}
        user={user}
        role={state.phase === "signed_in" ? state.role : "viewer"}
        sync={sync}
        outputs={outputs}
        onSignOut={() => void signOut(session, sync)}
      />
      {state.phase === "signed_out" && (
        <SignInDialog>
          <SignIn
            title="Session ended"
            lead="Sign in again: the page goes on where you were."
            user={user}
            onSignIn={signIn}
          />
        </SignInDialog>
      )}
    </>
  );
}

/** Stops following first, so that the server's closing of the connection isn't taken for a session that ran out. */
async function signOut(session: Session, sync: StateSync<Fleet>): Promise<void> {
  sync.stop();
  try {
    await sync.dispatch(at("/api/logout"), undefined);
  } catch {
    return sync.start(); // The session is still there, and the page says so by going on.
  }
  sync.signOut();
  session.left();
}

const ASK_AGAIN_MS = 2_000;

/** Before the server has said who is signed in. */
function Loading({ session }: { readonly session: Session }) {
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      session.load().catch(() => {
        setFailed(true);
        timer = setTimeout(ask, ASK_AGAIN_MS);
      });
    void ask();
    return () => clearTimeout(timer);
  }, [session]);
  return (
    <main className="sign-in-page" aria-busy="true">
      <p className="quiet" role="status">
        {failed ? "The server can't be reached. Trying again every 2 seconds." : ""}
      </p>
    </main>
  );
}
