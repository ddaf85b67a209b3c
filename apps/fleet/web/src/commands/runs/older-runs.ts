/** Older runs are read from the history, by the same filter as the list that the live state gives. */

import type { Command, Fleet } from "@neverstale/fleet-domain";
import { labelIn } from "@neverstale/fleet-domain/schema-free";
import { useState } from "react";
import { useReplica } from "../../state/replica-hooks.ts";
import { opTitleOf } from "../op-title.ts";
import { matchesWords, termOf } from "../run-words.ts";
import { type AskedCommands, useWorkRequests } from "./work-requests.ts";

export interface OlderRuns {
  readonly found: readonly Command[];
  readonly isLast: boolean;
  readonly reading: boolean;
  readonly problem: string | null;
  readonly readOn: () => void;
}

/** Runs that were read under another filter are forgotten. */
export function useOlderRuns(filter: string): OlderRuns {
  const requests = useWorkRequests();
  const replica = useReplica();
  const [read, setRead] = useState<Read>({ ...NOTHING_READ, filter });
  const [reading, setReading] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const now = read.filter === filter ? read : { ...NOTHING_READ, filter };
  const readOn = async () => {
    setReading(true);
    setProblem(null);
    try {
      const asked = { ...askedByFilter(filter), limit: PAGE, before: now.next ?? undefined };
      const { commands, next } = await requests.commands(asked);
      const { state } = replica;
      const fresh = commands.filter((command) => !state.commands.has(command.id) && isFound(state, command, filter));
      setRead({ filter, found: [...now.found, ...fresh], next, isLast: next === null });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setReading(false);
    }
  };
  return { ...now, reading, problem, readOn: () => void readOn() };
}

interface Read {
  readonly filter: string;
  readonly found: readonly Command[];
  readonly next: string | null;
  readonly isLast: boolean;
}

const NOTHING_READ = { found: [], next: null, isLast: false };

/** So many are read at a time. The live ones come first, and are not shown twice. */
const PAGE = 500;

/** A word such as `status:failed` is looked for by the server, which goes through the history faster than a page does. */
function askedByFilter(filter: string): Omit<AskedCommands, "limit"> {
  const asked: Record<string, string> = {};
  for (const word of filter.split(/\s+/)) {
    const term = termOf(word);
    if (term !== null) asked[term.field === "by" ? "requestedBy" : term.field] = term.value;
  }
  return asked;
}

function isFound({ hosts }: Fleet, command: Command, filter: string): boolean {
  const names = [labelIn(hosts, command.host), opTitleOf(command, hosts.get(command.host))];
  return filter === "" || matchesWords(command, names, filter);
}
