/** The past that the address names is asked for, and shown once it has come. */

import type { ReachAnswer } from "@neverstale/fleet-domain";
import { useEffect, useState } from "react";
import { useMoments } from "../state/moment-provider.tsx";
import { useNavigation, usePlace } from "../state/navigation.ts";
import { usePastStates } from "./past-states.ts";
import { formatVersion, parseVersion, type VersionName } from "./version-name.ts";

export interface ShownPast {
  /** It says why the moment can't be shown. */
  readonly problem: string | null;
  readonly isLoading: boolean;
  readonly reach: ReachAnswer | null;
  /** The version after the next change. Null: there is none, or nobody knows. */
  readonly next: number | null;
  readonly epoch: string | null;
  readonly go: (name: VersionName | { readonly time: number }) => void;
}

/** With an empty `at` the page shows what is now, and nothing is asked for. */
export function useShownPast(at: string): ShownPast {
  const moments = useMoments();
  const states = usePastStates();
  const navigation = useNavigation();
  const [wanted, setWanted] = useState<{ readonly time: number } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isLoading, setLoading] = useState(false);
  const [reach, setReach] = useState<ReachAnswer | null>(null);
  const [next, setNext] = useState<number | null>(null);
  const named = parseVersion(at);

  useEffect(() => {
    if (at === "") {
      setProblem(null);
      if (moments.shown.moment.kind === "past") moments.resume();
      return;
    }
    const name = wanted ?? parseVersion(at);
    if (name === null) return setProblem("The address names no version.");
    const asking = new AbortController();
    setLoading(true);
    setProblem(null);
    const ask = async () => {
      const answer = await states.at(name, asking.signal);
      const { space = "" } = moments.live.position ?? {};
      const { epoch, version, state } = answer;
      moments.look({ epoch, space: space || "past", version, payload: state as never }, Date.parse(answer.at ?? ""));
      setNext(answer.next ?? null);
      const shown = formatVersion({ version, epoch });
      setWanted(null);
      if (shown !== at) navigation.replace({ ...navigation.place, at: shown });
      setReach(await states.reach(asking.signal));
    };
    ask()
      .catch((error: Error) => asking.signal.aborted || setProblem(error.message))
      .finally(() => asking.signal.aborted || setLoading(false));
    return () => asking.abort();
  }, [at, wanted, moments, states, navigation]);

  const go = (name: VersionName | { readonly time: number }) => {
    if ("time" in name) setWanted(name);
    else navigation.replace({ ...navigation.place, at: formatVersion(name) });
  };
  return { problem, isLoading, reach, next, epoch: named?.epoch ?? null, go };
}

/** The address of the page names the moment. */
export function useMomentPlace(): { readonly at: string; readonly since: string } {
  return { at: usePlace((place) => place.at), since: usePlace((place) => place.since) };
}
