/** A run of many hosts has more commands than the live state keeps, so those that have left it are read from the history. */

import type { Command, Fleet } from "@neverstale/fleet-domain";
import { isFinal } from "@neverstale/fleet-domain/schema-free";
import { useEffect, useMemo, useState } from "react";
import { useMoment } from "../../state/moment-provider.tsx";
import type { ShownMoment } from "../../state/moments.ts";
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
  const { kind: moment } = useMoment();
  const live = useSelection(
    useMemo(() => (fleet: Fleet) => [...fleet.commands.values()].filter((command) => isOf(command, key)), [key]),
    sameRecords,
  );
  const [past, setPast] = useState<readonly Command[]>(NONE);
  const [reading, setReading] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  // All that was told once stays known after it has left the live state.
  const [held] = useState(() => new Map<string, Command>());
  const known = useMemo(() => commandsAt(moment, { live, past, held }), [moment, held, past, live]);
  // A command that was open when it was seen last, and is not in the live state any more, has ended and left it.
  const isBehind = useMemo(() => hasLeft(known, live), [known, live]);
  const isPast = moment === "past";

  // biome-ignore lint/correctness/useExhaustiveDependencies: the history is read anew once something of it has left the live state.
  useEffect(() => {
    if (isPast) {
      setReading(false);
      return setProblem("Only what the state held at that moment is shown: the history tells how it ended.");
    }
    let over = false;
    const read = async () => {
      let before: string | undefined;
      for (let pages = 0; pages < MOST_PAGES; pages += 1) {
        const { commands, next } = await requests.commands({ ...key, limit: PAGE, before });
        if (over) return;
        holdPast(held, commands);
        setPast(commands);
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
  }, [requests, key, held, isBehind, isPast]);
  return { commands: known, reading, problem };
}

interface ToldCommands {
  readonly live: readonly Command[];
  /** They come from the history. */
  readonly past: readonly Command[];
  /** All that was told before is kept here. */
  readonly held: Map<string, Command>;
}

/** In the past nothing counts but what the state held then. The history would tell what became of it later. */
export function commandsAt(moment: ShownMoment["kind"], { live, past, held }: ToldCommands): readonly Command[] {
  if (moment === "past") return live;
  holdPast(held, past);
  for (const command of live) held.set(command.id, command);
  return [...held.values()];
}

/** A command that was open when it was seen last, and is not live any more, has ended and left the live state. */
export function hasLeft(known: readonly Command[], live: readonly Command[]): boolean {
  const ids = new Set(live.map(({ id }) => id));
  return known.some(({ id, status }) => !isFinal(status) && !ids.has(id));
}

function isOf({ runId, pipelineId }: Command, key: RunKey): boolean {
  return "run" in key ? runId === key.run : pipelineId === key.pipeline;
}

/** A command that has ended stays as it ended: a page of the history may have been read before that. */
export function holdPast(held: Map<string, Command>, commands: readonly Command[]): void {
  for (const command of commands) {
    const before = held.get(command.id);
    if (before === undefined || isFinal(command.status) || !isFinal(before.status)) held.set(command.id, command);
  }
}

const NONE: readonly Command[] = [];
const PAGE = 1_000;
/** One page may go through some thousands of rows and find nothing of this run. */
const MOST_PAGES = 40;
