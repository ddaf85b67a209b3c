/** A run of many hosts has more commands than the live state keeps, so those that have left it are read from the history. */

import type { Command, Fleet } from "@neverstale/fleet-domain";
import { isFinal } from "@neverstale/fleet-domain/schema-free";
import { useEffect, useMemo, useState } from "react";
import { sameRecords } from "../../state/record-lists.ts";
import { useSelection } from "../../state/replica-hooks.ts";
import { useWorkRequests } from "./work-requests.ts";

export type RunKey = { readonly run: string } | { readonly pipeline: string };

export interface WholeRun {
  readonly commands: readonly Command[];
  /** The history is being read: there may be more than these. */
  readonly reading: boolean;
  /** The history could not be read, or not far enough back. It is a sentence. */
  readonly problem: string | null;
}

/** `key` is the same object while it is the same run. */
export function useWholeRun(key: RunKey): WholeRun {
  const requests = useWorkRequests();
  const live = useSelection(
    useMemo(() => (fleet: Fleet) => [...fleet.commands.values()].filter((command) => isOf(command, key)), [key]),
    sameRecords,
  );
  const [past, setPast] = useState<ReadonlyMap<string, Command>>(NONE);
  const [reading, setReading] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const known = useMemo(() => merged(past, live), [past, live]);
  // What was open when it was seen last, and is not in the live state any more, has ended and left it.
  const isBehind = useMemo(() => hasLeft(known, live), [known, live]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the history is read anew once something of it has left the live state.
  useEffect(() => {
    let over = false;
    const read = async () => {
      let before: string | undefined;
      for (let pages = 0; pages < MOST_PAGES; pages += 1) {
        const { commands, next } = await requests.commands({ ...key, limit: PAGE, before });
        if (over) return;
        setPast((now) => new Map([...now, ...commands.map((command) => [command.id, command] as const)]));
        if (next === null) return;
        before = next;
      }
      setProblem("It began so long ago that not all of its hosts are shown.");
    };
    setReading(true);
    setProblem(null);
    read()
      .catch((error: unknown) => over || setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => over || setReading(false));
    return () => {
      over = true;
    };
  }, [requests, key, isBehind]);
  // What the live state told stays known after it has left there.
  useEffect(() => setPast((now) => withLive(now, live)), [live]);
  return { commands: known, reading, problem };
}

function hasLeft(known: readonly Command[], live: readonly Command[]): boolean {
  const ids = new Set(live.map(({ id }) => id));
  return known.some(({ id, status }) => !isFinal(status) && !ids.has(id));
}

function isOf({ runId, pipelineId }: Command, key: RunKey): boolean {
  return "run" in key ? runId === key.run : pipelineId === key.pipeline;
}

function merged(past: ReadonlyMap<string, Command>, live: readonly Command[]): readonly Command[] {
  return [...withLive(past, live).values()];
}

function withLive(past: ReadonlyMap<string, Command>, live: readonly Command[]): ReadonlyMap<string, Command> {
  if (live.every((command) => past.get(command.id) === command)) return past;
  return new Map([...past, ...live.map((command) => [command.id, command] as const)]);
}

const NONE: ReadonlyMap<string, Command> = new Map();
const PAGE = 1_000;
/** One page may go through some thousands of rows and find nothing of this run. */
const MOST_PAGES = 40;
