import type { Event, Host } from "@neverstale/fleet-domain";
import { labelIn } from "@neverstale/fleet-domain/schema-free";
import { memo } from "react";
import { containsWords } from "../commands/run-words.ts";
import { FilterField } from "../components/filter-field.tsx";
import { eventLook } from "../components/looks.ts";
import { Status } from "../components/mark.tsx";
import { Empty } from "../components/notice.tsx";
import { Moment } from "../components/time.tsx";
import { Link } from "../frame/place-link.tsx";
import { count } from "../state/format.ts";
import { useNavigation, useView } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";

export interface EventsScreenProps {
  readonly events: readonly Event[];
  readonly hosts: ReadonlyMap<string, Host>;
  readonly loaded: boolean;
}

/** What happened and who did it, newest first. */
export function EventsScreen({ events, hosts, loaded }: EventsScreenProps) {
  const view = useView();
  const navigation = useNavigation();
  const nameOf = (event: Event) => (event.host === undefined ? "" : labelIn(hosts, event.host));
  const shown = inOrder(events).filter((event) =>
    containsWords(
      [event.message, event.actor, event.category, eventLook(event.level).word, nameOf(event)],
      view.filter,
    ),
  );
  return (
    <section className="screen" aria-labelledby="events-title">
      <header className="screen-head">
        <h1 id="events-title">Events</h1>
        <p className="screen-summary value">newest {count(events.length, "event")}</p>
        <FilterField
          label="Filter events"
          placeholder="Filter: words, host, who, error"
          value={view.filter}
          onChange={(filter) => navigation.replace({ ...view, filter })}
        />
      </header>
      {shown.length === 0 ? (
        <Empty
          title={
            !loaded
              ? "Waiting for the first state"
              : view.filter === ""
                ? "Nothing has happened yet"
                : "No event matches the filter"
          }
        />
      ) : (
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
              {shown.map((event) => (
                <EventLine
                  key={event.id}
                  event={event}
                  hostname={nameOf(event)}
                  known={event.host !== undefined && hosts.has(event.host)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function inOrder(events: readonly Event[]): readonly Event[] {
  return events.toSorted((a, b) => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1));
}

interface EventLineProps {
  readonly event: Event;
  readonly hostname: string;
  /** The host is still part of the fleet. */
  readonly known: boolean;
}

const EventLine = memo(function EventLine({ event, hostname, known }: EventLineProps) {
  const view = useView();
  return (
    <tr>
      <td className="cell-time">
        <Moment at={event.at} />
      </td>
      <td className="cell-level">
        <Status look={eventLook(event.level)} />
      </td>
      <th scope="row" className="cell-message foreign">
        {event.message}
      </th>
      <td className="cell-host-name foreign">
        {known && event.host !== undefined ? (
          <Link className="cell-link" to={goTo(view, "hosts", event.host)}>
            {hostname}
          </Link>
        ) : (
          hostname
        )}
      </td>
      <td className="cell-by foreign">{event.actor}</td>
    </tr>
  );
});
