/** The provider hands down the replica of the moment that is shown, so that every hook below it reads that moment. */

import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";
import { type PastStates, PastStatesContext } from "../moments/past-states.ts";
import type { Moments, ShownMoment } from "./moments.ts";
import { SyncProvider } from "./replica-hooks.ts";

const MomentsContext = createContext<Moments | null>(null);

interface MomentProviderProps {
  readonly moments: Moments;
  readonly pastStates: PastStates;
  readonly children: ReactNode;
}

export function MomentProvider({ moments, pastStates, children }: MomentProviderProps) {
  return (
    <MomentsContext value={moments}>
      <PastStatesContext value={pastStates}>
        <AtMoment>{children}</AtMoment>
      </PastStatesContext>
    </MomentsContext>
  );
}

function AtMoment({ children }: { readonly children: ReactNode }) {
  const { shown } = useFollowed(useMoments());
  return <SyncProvider sync={shown.replica}>{children}</SyncProvider>;
}

/** All below it reads the live state, whichever moment the page shows. */
export function LiveMoment({ children }: { readonly children: ReactNode }) {
  return <SyncProvider sync={useMoments().live}>{children}</SyncProvider>;
}

export function useMoments(): Moments {
  const moments = useContext(MomentsContext);
  if (moments === null) throw new Error("no MomentProvider around this component");
  return moments;
}

/** It says which moment the page shows. It is the same object until that is another one. */
export function useMoment(): ShownMoment {
  return useFollowed(useMoments()).shown.moment;
}

function useFollowed(moments: Moments): Moments {
  useSyncExternalStore(moments.subscribe, () => moments.shown);
  return moments;
}
