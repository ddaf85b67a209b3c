/** These are the newest runs on a host, and the newest events of it. */

import type { Command, Event, Fleet, Host } from "@neverstale/fleet-domain";
import { isFinal, labelOf } from "@neverstale/fleet-domain/schema-free";
import { useCallback } from "react";
import { commandLook } from "../commands/command-look.ts";
import { opTitleOf } from "../commands/op-title.ts";
import { Mark } from "../components/mark.tsx";
import { OutputLink, PlaceLink } from "../components/place-link.tsx";
import { Status } from "../components/status.tsx";
import { ClockTime } from "../components/time.tsx";
import { concerns } from "../events/event-hosts.ts";
import { eventLook } from "../events/event-look.ts";
import { goTo, type Screen } from "../state/place.ts";
import { newestCreatedFirst } from "../state/record-lists.ts";
import { useSelection } from "../state/replica-hooks.ts";

/** No more than so many are shown of each, in a panel beside the list. */
const SHOWN = 8;

export function NewestRuns({ host, most = SHOWN }: { readonly host: Host; readonly most?: number }) {
  const commands = useSelection(useCallback((fleet: Fleet) => newestRuns(fleet, host.id, most), [host.id, most]));
  return (
    <section aria-labelledby="host-runs">
      <h3 id="host-runs">Newest runs</h3>
      {commands.length === 0 && <p className="quiet">Nothing has run here lately.</p>}
      <ul className="lines">
        {commands.map((command) => (
          <li key={command.id} className="line-item">
            <span className="value">
              <Status look={commandLook(command.status)} passing={!isFinal(command.status)} />
            </span>
            <OutputLink className="line-main foreign" commandId={command.id}>
              {opTitleOf(command, host)}
            </OutputLink>
            <span className="line-end">
              <ClockTime at={command.createdAt} />
            </span>
          </li>
        ))}
      </ul>
      <AllOf screen="runs" filter={labelOf(host)}>
        All runs
      </AllOf>
    </section>
  );
}

interface AllOfProps {
  readonly screen: Screen;
  /** By this word that screen finds what is of the host. */
  readonly filter: string;
  readonly children: string;
}

/** It leads to the screen that shows all of them. */
function AllOf({ screen, filter, children }: AllOfProps) {
  return (
    <PlaceLink className="cell-link" to={(place) => ({ ...goTo(place, screen), filter })}>
      {children}
      <span className="visually-hidden foreign"> of {filter}</span>
    </PlaceLink>
  );
}

function newestRuns(fleet: Fleet, hostId: string, most: number): readonly Command[] {
  const here = [...fleet.commands.values()].filter((command) => command.host === hostId);
  return newestCreatedFirst(here).slice(0, most);
}

export function NewestEvents({ host, most = SHOWN }: { readonly host: Host; readonly most?: number }) {
  const events = useSelection(useCallback((fleet: Fleet) => newestEvents(fleet, host.id, most), [host.id, most]));
  return (
    <section aria-labelledby="host-events">
      <h3 id="host-events">Newest events</h3>
      {events.length === 0 && <p className="quiet">Nothing has happened lately.</p>}
      <ul className="lines">
        {events.map((event) => (
          <li key={event.id} className="line-item">
            <Mark shape={eventLook(event.level).shape} tone={eventLook(event.level).tone} />
            <span className="visually-hidden">{eventLook(event.level).word}</span>
            <span className="line-main foreign">{event.message}</span>
            <span className="line-end">
              <ClockTime at={event.at} />
            </span>
          </li>
        ))}
      </ul>
      <AllOf screen="events" filter={labelOf(host)}>
        All events
      </AllOf>
    </section>
  );
}

function newestEvents(fleet: Fleet, hostId: string, most: number): readonly Event[] {
  const here = [...fleet.events.values()].filter((event) => concerns(event, hostId));
  return here.sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, most);
}
