/** An event may be about one host, or about many that something happened to in one moment. */

import type { Event } from "@neverstale/fleet-domain";

function concerned({ host, details }: Event): readonly string[] {
  if (host !== undefined) return [host];
  const several = details?.hosts;
  return Array.isArray(several) ? several.filter((one) => typeof one === "string") : [];
}

export function concerns(event: Event, hostId: string): boolean {
  return event.host === hostId || concerned(event).includes(hostId);
}

/** These hosts went offline by it. */
export function hostsLost(event: Event): readonly string[] {
  return event.action === "host_offline" || event.action === "hosts_offline" ? concerned(event) : [];
}
