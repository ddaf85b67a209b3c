/** A screen reads the moment that the page shows, and lets nobody do anything in the past. Some screens are about now alone. */

import { type ReactNode, useContext, useMemo } from "react";
import { AccountContext, useAccount } from "../accounts/account.ts";
import { TrailsContext } from "../components/sparkline.tsx";
import { LiveMoment, useMoment } from "../state/moment-provider.tsx";
import type { ShownMoment } from "../state/moments.ts";
import { Trails } from "../state/trails.ts";

interface AtItsMomentProps {
  readonly isAlwaysLive: boolean;
  readonly children: ReactNode;
}

export function AtItsMoment({ isAlwaysLive, children }: AtItsMomentProps) {
  return isAlwaysLive ? <LiveMoment>{children}</LiveMoment> : <ReadOnlyInThePast>{children}</ReadOnlyInThePast>;
}

/** Nothing is drawn there either of what this page has gathered since then. */
function ReadOnlyInThePast({ children }: { readonly children: ReactNode }) {
  const account = useAccount();
  const moment = useMoment();
  const { kind } = moment;
  const trails = useContext(TrailsContext);
  const shown = useMemo(
    () => (kind === "past" ? { ...account, role: "viewer" as const, mayDispatch: false } : account),
    [account, kind],
  );
  const drawn = useMemo(() => trailsAt(moment, trails), [moment, trails]);
  return (
    <AccountContext value={shown}>
      <TrailsContext value={drawn}>{children}</TrailsContext>
    </AccountContext>
  );
}

/** The page has gathered trails of the last minutes only, so it has none of the past. */
function trailsAt({ kind }: ShownMoment, trails: Trails): Trails {
  if (kind === "live") return trails;
  return kind === "held" ? trails.copy() : new Trails();
}
