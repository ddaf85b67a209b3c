/** The frame stays while screens come and go: navigation, badge, account, output dock. */

import type { ReactNode } from "react";
import { AccountMenu } from "../accounts/account-menu.tsx";
import { Logo } from "../components/logo.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { OutputDock } from "../outputs/output-dock.tsx";
import { usePlace } from "../state/navigation.ts";
import { OldContext } from "../state/old.ts";
import { goTo } from "../state/place.ts";
import { useSync } from "../state/replica-hooks.ts";
import { FreshnessBadge } from "./freshness-badge.tsx";
import { SCREEN_WORDS, ScreenLinks } from "./screen-links.tsx";

/** While the values may be old, everything with the class `value` turns grey. */
export function PageFrame({ children }: { readonly children: ReactNode }) {
  const old = useSync((view) => view.status.type !== "live");
  return (
    <OldContext value={old}>
      <div className={old ? "frame is-old" : "frame"}>
        <PageTitle />
        <a className="skip" href="#content">
          Skip to the content
        </a>
        <header className="topbar">
          <PlaceLink className="brand" to={(place) => goTo(place, "hosts")}>
            <Logo size={22} />
            <span className="brand-word">Neverstale</span>
          </PlaceLink>
          <ScreenLinks />
          <div className="topbar-end">
            <FreshnessBadge />
            <AccountMenu />
          </div>
        </header>
        <main id="content" className="content" tabIndex={-1}>
          {children}
        </main>
        <OutputDock />
      </div>
    </OldContext>
  );
}

function PageTitle() {
  const screen = usePlace((place) => place.screen);
  const missing = usePlace((place) => place.missing);
  return <title>{`${missing === null ? SCREEN_WORDS[screen] : "Not found"} · Neverstale`}</title>;
}
