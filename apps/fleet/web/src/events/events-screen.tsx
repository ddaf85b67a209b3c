/** The events screen shows what happened and who did it, newest first. */

import type { Event, Fleet } from "@neverstale/fleet-domain";
import { labelOf, seenEvents } from "@neverstale/fleet-domain/schema-free";
import { memo, useMemo } from "react";
import { Empty } from "../components/notice.tsx";
import { PlaceFilter } from "../components/place-filter.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { Status } from "../components/status.tsx";
import { ClockTime } from "../components/time.tsx";
import { howMany } from "../state/format.ts";
import { usePlace } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";
import { sameIds } from "../state/record-lists.ts";
import { useLoaded, useRecord, useSelection } from "../state/replica-hooks.ts";
import { useEvent } from "../state/seen-hooks.ts";
import { eventLook } from "./event-look.ts";
import { selectShownEvents } from "./shown-events.ts";

export function EventsScreen() {
  const count = useSelection(eventCount);
  return (
    <section className="screen" aria-labelledby="events-title">
      <header className="screen-head">
        <h1 id="events-title">Events</h1>
        <p className="screen-summary value">newest {howMany(count, "event")}</p>
        <PlaceFilter label="Filter events" placeholder="Filter: words, host, who, error" />
      </header>
      <EventList />
    </section>
  );
}

function eventCount(fleet: Fleet): number {
  return seenEvents(fleet).length;
}

function EventList() {
  const filter = usePlace((place) => place.filter);
  const ids = useSelection(
    useMemo(() => selectShownEvents(filter), [filter]),
    sameIds,
  );
  const loaded = useLoaded();
  if (ids.length === 0) return <Empty title={emptyTitle(loaded, filter)} />;
  return (
    <div className="table-scroll">
      <table className="table events">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Level</th>
            <th scope="col">What happened</th>
            <th scope="col">Host</th>
            <th scope="col">Who</th>
          </tr>
        </thead>
        <tbody>
          {ids.map((id) => (
            <EventLine key={id} id={id} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function emptyTitle(loaded: boolean, filter: string): string {
  if (!loaded) return "Waiting for the first state";
  return filter === "" ? "Nothing has happened yet" : "No event matches the filter";
}

const EventLine = memo(function EventLine({ id }: { readonly id: string }) {
  const event = useEvent(id);
  if (event === null) return null;
  return (
    <tr>
      <td className="cell-time">
        <ClockTime at={event.at} />
      </td>
      <td className="cell-level">
        <Status look={eventLook(event.level)} />
      </td>
      <th scope="row" className="cell-message foreign">
        {event.message}
      </th>
      <td className="cell-host-name foreign">
        <HostOf event={event} />
      </td>
      <td className="cell-by foreign">{event.actor}</td>
    </tr>
  );
});

/** A host that is no longer part of the fleet is named by its id, without a link. */
function HostOf({ event }: { readonly event: Event }) {
  const id = event.host ?? "";
  const host = useRecord("hosts", id);
  if (host === undefined) return <>{id}</>;
  return (
    <PlaceLink className="cell-link" to={(place) => goTo(place, "hosts", id)}>
      {labelOf(host)}
    </PlaceLink>
  );
}
