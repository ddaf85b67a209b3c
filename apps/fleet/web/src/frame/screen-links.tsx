/** The links in the top bar lead to the screens, and count what is there. */

import type { Fleet } from "@neverstale/fleet-domain";
import { isFinal } from "@neverstale/fleet-domain/schema-free";
import { firingCount } from "../alerts/shown-alerts.ts";
import { Icon } from "../components/icon.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { usePlace } from "../state/navigation.ts";
import { goTo, type Screen } from "../state/place.ts";
import { useSelection } from "../state/replica-hooks.ts";
import { SCREEN_WORDS } from "./screen-words.ts";

export function ScreenLinks() {
  return (
    <nav className="nav" aria-label="Screens">
      <ScreenLink screen="overview" count={noCount} />
      <ScreenLink screen="hosts" count={hostCount} />
      <ScreenLink screen="runs" count={runningCount} />
      <ScreenLink screen="pipelines" count={noCount} />
      <ScreenLink screen="alerts" count={firingCount} />
      <ScreenLink screen="events" count={noCount} />
      <ScreenLink screen="settings" count={noCount} />
    </nav>
  );
}

interface ScreenLinkProps {
  readonly screen: Screen;
  /** The number stands beside the word. Null means that there is none. */
  readonly count: (fleet: Fleet) => number | null;
}

function ScreenLink({ screen, count }: ScreenLinkProps) {
  const current = usePlace((place) => place.missing === null && place.screen === screen);
  const number = useSelection(count);
  return (
    <PlaceLink className="nav-entry" to={(place) => goTo(place, screen)} current={current}>
      <Icon name={screen} />
      <span>{SCREEN_WORDS[screen]}</span>
      {number !== null && <span className="nav-count value">{number.toLocaleString("en")}</span>}
    </PlaceLink>
  );
}

function hostCount(fleet: Fleet): number {
  return fleet.hosts.size;
}

function runningCount(fleet: Fleet): number | null {
  const running = [...fleet.commands.values()].filter((command) => !isFinal(command.status)).length;
  return running === 0 ? null : running;
}

function noCount(): null {
  return null;
}
