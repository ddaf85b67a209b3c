/** The events screen shows what happened and who did it, newest first: what is in the live state, and behind it the server's log. */

import type { Fleet } from "@neverstale/fleet-domain";
import { parseEventFilter, seenEvents } from "@neverstale/fleet-domain/schema-free";
import { memo, useDeferredValue, useEffect, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { Empty, Notice } from "../components/notice.tsx";
import { PlaceFilter } from "../components/place-filter.tsx";
import { AnswerAge } from "../components/time.tsx";
import { AS_OF } from "../state/as-of.ts";
import { howMany } from "../state/format.ts";
import { useMoment } from "../state/moment-provider.tsx";
import { usePlace } from "../state/navigation.ts";
import { sameIds } from "../state/record-lists.ts";
import { useLoaded, useReplica, useSelection } from "../state/replica-hooks.ts";
import { useEvent } from "../state/seen-hooks.ts";
import { EventFilters } from "./event-filters.tsx";
import { EventRow } from "./event-row.tsx";
import { usePastEvents } from "./past-events.ts";
import { behindLive, MOST_PAST_EVENTS } from "./past-list.ts";
import { selectShownEvents } from "./shown-events.ts";

export function EventsScreen() {
  const count = useSelection(eventCount);
  return (
    <section className="screen" aria-labelledby="events-title">
      <header className="screen-head">
        <h1 id="events-title">Events</h1>
        <p className="screen-summary value">newest {howMany(count, "event")} live, older ones from the log</p>
        <PlaceFilter label="Filter events" placeholder="Filter: words, host:web-1, tag:prod, actor:ada, level:error" />
        <EventFilters />
      </header>
      <EventList />
    </section>
  );
}

function eventCount(fleet: Fleet): number {
  return seenEvents(fleet).length;
}

/** Fewer live events than these leave room for those of the log. */
const ROOM = 30;
/** The log is asked for when nothing has been typed for so long. */
const TYPED_MS = 400;

function EventList() {
  const typed = usePlace((place) => place.filter);
  const text = useDeferredValue(typed);
  const replica = useReplica();
  const filter = useMemo(() => parseEventFilter(text, replica.serverNow()), [text, replica]);
  const ids = useSelection(
    useMemo(() => selectShownEvents(filter), [filter]),
    sameIds,
  );
  const loaded = useLoaded();
  const isLive = useMoment().kind === "live";
  const { list, failure, busy, more } = usePastEvents(filter, text);
  const [wanted, setWanted] = useState<string | null>(null);
  const isWanted = isLive && loaded && list === null && failure === null && !busy && ids.length < ROOM;
  useEffect(() => {
    if (!isWanted || wanted === text) return;
    const timer = setTimeout(() => {
      setWanted(text);
      more();
    }, TYPED_MS);
    return () => clearTimeout(timer);
  }, [isWanted, wanted, text, more]);
  const past = useMemo(() => (list === null ? [] : behindLive(list, new Set(ids))), [list, ids]);
  const isEnd = list !== null && list.next === null;
  return (
    <div className="table-scroll">
      {ids.length + past.length > 0 && (
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
          {list !== null && past.length > 0 && (
            <tbody {...AS_OF.answer}>
              <tr className="events-past">
                <td colSpan={5}>
                  From the log, <AnswerAge at={list.at} />
                </td>
              </tr>
              {past.map((event) => (
                <EventRow key={event.id} event={event} />
              ))}
            </tbody>
          )}
        </table>
      )}
      {ids.length + past.length === 0 && (isEnd || !isLive) && <Empty title={emptyTitle(loaded, text)} />}
      {failure !== null && (
        <Notice tone="warn" shape="triangle">
          The log can't be read: {failure}
        </Notice>
      )}
      {isLive && (
        <p className="events-more">
          {!isEnd && (
            <Button className="button" isPending={busy} onPress={more}>
              {busy ? "Looking through the log…" : "Older events"}
            </Button>
          )}
          {list?.isFull === true && (
            <span className="quiet">{`There are more than the ${MOST_PAST_EVENTS.toLocaleString("en")} that are shown: narrow the filter.`}</span>
          )}
          {isEnd && !list.isFull && past.length > 0 && <span className="quiet">This is where the log begins.</span>}
        </p>
      )}
    </div>
  );
}

function emptyTitle(loaded: boolean, filter: string): string {
  if (!loaded) return "Waiting for the first state";
  return filter === "" ? "Nothing has happened yet" : "No event matches the filter";
}

const EventLine = memo(function EventLine({ id }: { readonly id: string }) {
  const event = useEvent(id);
  return event === null ? null : <EventRow event={event} />;
});
