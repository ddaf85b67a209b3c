/** These hooks read what may be of several hosts: whole, or the part of it that is shown to somebody who sees some hosts only. */

import type { Alert, Event, Fleet, Pipeline } from "@neverstale/fleet-domain";
import { seenAlert, seenEvent, seenPipeline } from "@neverstale/fleet-domain/schema-free";
import { useMemo } from "react";
import { useSelection } from "./replica-hooks.ts";

export function usePipeline(id: string): Pipeline | null {
  return useSeen(seenPipeline, id);
}

export function useAlert(id: string): Alert | null {
  return useSeen(seenAlert, id);
}

export function useEvent(id: string): Event | null {
  return useSeen(seenEvent, id);
}

function useSeen<R>(see: (fleet: Fleet, id: string) => R | null, id: string): R | null {
  return useSelection(
    useMemo(() => (fleet: Fleet) => see(fleet, id), [see, id]),
    same,
  );
}

/** A part is put together anew each time. */
function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
