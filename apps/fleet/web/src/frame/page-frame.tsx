/** The frame stays while screens come and go: navigation, badge, account, output dock. */

import { type ReactNode, Suspense, useEffect } from "react";
import { AccountMenu } from "../accounts/account-menu.tsx";
import { firingCount } from "../alerts/shown-alerts.ts";
import { Logo } from "../components/logo.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { LATER } from "../later.ts";
import { AS_OF } from "../state/as-of.ts";
import { LiveMoment, useMoment } from "../state/moment-provider.tsx";
import { usePlace } from "../state/navigation.ts";
import { OldContext, useOld } from "../state/old.ts";
import { goTo } from "../state/place.ts";
import { useSelection, useSync } from "../state/replica-hooks.ts";
import { FrameDialogs } from "./frame-dialogs.tsx";
import { FreshnessBadge } from "./freshness-badge.tsx";
import { showFavicon } from "./io/favicon.ts";
import { MomentButtons } from "./moment-buttons.tsx";
import { OldStrip } from "./old-strip.tsx";
import { moodOf, titleOf } from "./page-title.ts";
import { ScreenLinks } from "./screen-links.tsx";
import { SCREEN_WORDS } from "./screen-words.ts";

/** While the values may be old, everything with the class `value` turns grey. */
export function PageFrame({ children }: { readonly children: ReactNode }) {
  const { kind } = useMoment();
  const old = useSync((view) => view.status.type !== "live");
  return (
    <OldContext value={old}>
      <div className={old ? "frame is-old" : "frame"} {...AS_OF.state} data-moment={kind}>
        <LiveMoment>
          <PageTitle />
        </LiveMoment>
        <a className="skip" href="#content">
          Skip to the content
        </a>
        <div className="frame-top">
          <header className="topbar">
            <PlaceLink className="brand" to={(place) => goTo(place, "overview")}>
              <Logo size={22} />
              <span className="brand-word">Neverstale</span>
            </PlaceLink>
            <ScreenLinks />
            <div className="topbar-end">
              <FreshnessBadge />
              <MomentButtons />
              <FrameDialogs />
              <AccountMenu />
            </div>
          </header>
          <OldStrip />
          <Suspense fallback={null}>
            <LATER.HeldBar />
            <LATER.TimeTravel />
            <LATER.DifferencePanel />
          </Suspense>
        </div>
        <main id="content" className="content" tabIndex={-1}>
          {children}
        </main>
        <Suspense fallback={null}>
          <LATER.OutputDock />
        </Suspense>
      </div>
    </OldContext>
  );
}

function PageTitle() {
  const screen = usePlace((place) => place.screen);
  const missing = usePlace((place) => place.missing);
  const firing = useSelection(firingCount) ?? 0;
  const isOld = useOld();
  const facts = { screen: missing === null ? SCREEN_WORDS[screen] : "Not found", firing, isOld };
  const mood = moodOf(facts);
  useEffect(() => showFavicon(mood), [mood]);
  return <title>{titleOf(facts)}</title>;
}
