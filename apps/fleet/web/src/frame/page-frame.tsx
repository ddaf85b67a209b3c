import type { ReactNode } from "react";
import { Icon, type IconName } from "../components/icon.tsx";
import { OldContext } from "../state/old.ts";
import { goTo, type Screen, type View } from "../state/place.ts";
import { Link } from "./place-link.tsx";

const ENTRIES: readonly { readonly screen: Screen; readonly word: string; readonly icon: IconName }[] = [
  { screen: "hosts", word: "Hosts", icon: "hosts" },
  { screen: "runs", word: "Runs", icon: "runs" },
  { screen: "pipelines", word: "Pipelines", icon: "pipelines" },
  { screen: "events", word: "Events", icon: "events" },
];

export interface FrameProps {
  readonly view: View;
  /** How many there are behind an entry; shown beside its word. */
  readonly counts: Readonly<Partial<Record<Screen, number>>>;
  readonly badge: ReactNode;
  /** Who is signed in, and what can be done about it. */
  readonly account: ReactNode;
  readonly dock: ReactNode;
  /** The values may be old: everything with the class `value` turns grey. */
  readonly old: boolean;
  readonly children: ReactNode;
}

/** What stays while screens come and go: navigation, badge, account, output dock. */
export function Frame({ view, counts, badge, account, dock, old, children }: FrameProps) {
  return (
    <OldContext value={old}>
      <div className={old ? "frame is-old" : "frame"}>
        <title>{`${titleOf(view)} · Neverstale`}</title>
        <a className="skip" href="#content">
          Skip to the content
        </a>
        <header className="topbar">
          <Link className="brand" to={goTo(view, "hosts")}>
            <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" focusable="false">
              <rect width="32" height="32" rx="8" fill="var(--accent)" />
              <path
                d="M6 18h5l3-9 5 15 3-9h4"
                fill="none"
                stroke="var(--on-accent)"
                strokeWidth="2.6"
                strokeLinecap="round"
                strokeLinejoin="round"
              />
            </svg>
            <span className="brand-word">Neverstale</span>
          </Link>
          <nav className="nav" aria-label="Screens">
            {ENTRIES.map(({ screen, word, icon }) => (
              <Link
                key={screen}
                className="nav-entry"
                to={goTo(view, screen)}
                current={view.missing === null && view.screen === screen}
              >
                <Icon name={icon} />
                <span>{word}</span>
                {counts[screen] !== undefined && (
                  <span className="nav-count value">{counts[screen].toLocaleString("en")}</span>
                )}
              </Link>
            ))}
          </nav>
          <div className="topbar-end">
            {badge}
            {account}
          </div>
        </header>
        <main id="content" className="content" tabIndex={-1}>
          {children}
        </main>
        {dock}
      </div>
    </OldContext>
  );
}

function titleOf({ screen, missing }: View): string {
  return missing === null ? (ENTRIES.find((entry) => entry.screen === screen)?.word ?? "") : "Not found";
}
