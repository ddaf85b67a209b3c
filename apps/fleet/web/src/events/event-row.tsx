/** An event is one row, whether it is in the live state or comes from the log. */

import type { Event } from "@neverstale/fleet-domain";
import { labelOf } from "@neverstale/fleet-domain/schema-free";
import { PlaceLink } from "../components/place-link.tsx";
import { Status } from "../components/status.tsx";
import { ClockTime } from "../components/time.tsx";
import { goTo } from "../state/place.ts";
import { useRecord } from "../state/replica-hooks.ts";
import { eventLook } from "./event-look.ts";

export function EventRow({ event }: { readonly event: Event }) {
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
}

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
