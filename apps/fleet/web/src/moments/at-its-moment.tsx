/** A screen reads the moment that the page shows, and lets nobody do anything in the past. Some screens are about now alone. */

import { type ReactNode, useContext, useMemo } from "react";
import { AccountContext, useAccount } from "../accounts/account.ts";
import { TrailsContext } from "../components/sparkline.tsx";
import { LiveMoment, useMoment } from "../state/moment-provider.tsx";
import { Trails } from "../state/trails.ts";

interface AtItsMomentProps {
  readonly isAlwaysLive: boolean;
  readonly children: ReactNode;
}

export function AtItsMoment({ isAlwaysLive, children }: AtItsMomentProps) {
  return isAlwaysLive ? <LiveMoment>{children}</LiveMoment> : <ReadOnlyInThePast>{children}</ReadOnlyInThePast>;
}

/** Nothing is drawn there either of what this page has gathered since. */
function ReadOnlyInThePast({ children }: { readonly children: ReactNode }) {
  const account = useAccount();
  const { kind } = useMoment();
  const trails = useContext(TrailsContext);
  const shown = useMemo(
    () => (kind === "past" ? { ...account, role: "viewer" as const, mayDispatch: false } : account),
    [account, kind],
  );
  return (
    <AccountContext value={shown}>
      <TrailsContext value={kind === "past" ? NO_TRAILS : trails}>{children}</TrailsContext>
    </AccountContext>
  );
}

/** The page has gathered trails of the last minutes only. */
const NO_TRAILS = new Trails();
