/** The panel lists what is different between two moments: the one that `since` names, and the one that is shown. */

import { useEffect, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../components/icon.tsx";
import { clock } from "../state/format.ts";
import { useNow } from "../state/io/now.ts";
import { useMoment } from "../state/moment-provider.tsx";
import { useNavigation } from "../state/navigation.ts";
import { type FleetReplica, useLoaded, useReplica } from "../state/replica-hooks.ts";
import {
  byHost,
  byKind,
  type DifferenceGroup,
  differencesOf,
  pastStateOf,
  type RecordDifference,
  type State,
  valueWords,
} from "./differences.ts";
import { usePastStates } from "./past-states.ts";
import { useMomentPlace } from "./use-past.ts";
import { parseVersion } from "./version-name.ts";

export function DifferencePanel() {
  const { since } = useMomentPlace();
  return since === "" ? null : <Differences key={since} since={since} />;
}

interface Then {
  readonly state: State;
  readonly at: number;
}

function Differences({ since }: { readonly since: string }) {
  const navigation = useNavigation();
  const replica = useReplica();
  const moment = useMoment();
  const then = useThen(since);
  const now = useNow();
  const [by, setBy] = useState<"kind" | "host">("kind");
  const [taken, setTaken] = useState(0);
  const loaded = useLoaded();
  // What is compared stays as it is while somebody reads it. A page that was opened just now waits for its state.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the state is taken again when somebody asks, and when it has come.
  const shown = useMemo(() => ({ state: copyOf(replica), at: replica.serverNow() }), [replica, taken, loaded]);
  const differences = useMemo(
    () => (then.found === null || !loaded ? [] : differencesOf(then.found.state, shown.state)),
    [then.found, shown, loaded],
  );
  const isWaiting = then.problem === null && (then.found === null || !loaded);
  const groups = by === "kind" ? byKind(differences) : byHost(differences, shown.state);
  return (
    <section className="differences" aria-label="What changed" aria-busy={isWaiting}>
      <header className="differences-head">
        <h2>
          {then.found === null || !loaded
            ? "What changed"
            : `What changed from ${clock(then.found.at, now)} to ${clock(shown.at, now)}`}
        </h2>
        <fieldset className="differences-by">
          <legend className="visually-hidden">Listed by</legend>
          {(["kind", "host"] as const).map((each) => (
            <Button
              key={each}
              className="button button-small button-plain"
              aria-pressed={by === each}
              {...(by === each ? { "data-selected": "" } : {})}
              onPress={() => setBy(each)}
            >
              {each === "kind" ? "By kind" : "By host"}
            </Button>
          ))}
        </fieldset>
        {moment.kind === "live" && (
          <Button className="button button-small" onPress={() => setTaken((count) => count + 1)}>
            Compare again
          </Button>
        )}
        <Button
          className="button button-small button-plain"
          aria-label="Close what changed"
          onPress={() => navigation.go({ ...navigation.place, since: "" })}
        >
          <Icon name="close" />
        </Button>
      </header>
      {then.problem !== null && <p role="alert">{then.problem}</p>}
      {then.found !== null && loaded && groups.length === 0 && (
        <p className="quiet">Nothing is different between these two moments.</p>
      )}
      {groups.slice(0, MOST_LISTED).map((group) => (
        <Group key={`${by}/${group.key}`} group={group} />
      ))}
      {groups.length > MOST_LISTED && (
        <p className="quiet">{`And ${(groups.length - MOST_LISTED).toLocaleString("en")} more hosts.`}</p>
      )}
    </section>
  );
}

function copyOf(replica: FleetReplica): State {
  const names = Object.keys(replica.state) as Parameters<FleetReplica["list"]>[0][];
  return Object.fromEntries(
    names.map((name) => [name, new Map(replica.list(name).map((each) => [each.id, each]))]),
  ) as unknown as State;
}

function useThen(since: string): { readonly found: Then | null; readonly problem: string | null } {
  const states = usePastStates();
  const [found, setFound] = useState<Then | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const name = parseVersion(since);
    if (name === null) return setProblem("The address names no version.");
    const asking = new AbortController();
    states
      .at(name, asking.signal)
      .then((answer) => setFound({ state: pastStateOf(answer.state), at: Date.parse(answer.at ?? "") }))
      .catch((error: Error) => asking.signal.aborted || setProblem(error.message));
    return () => asking.abort();
  }, [since, states]);
  return { found, problem };
}

const MOST_LISTED = 200;

function Group({ group }: { readonly group: DifferenceGroup }) {
  const [open, setOpen] = useState(false);
  const { title, summary, differences } = group;
  const left = differences.length - MOST_LISTED;
  return (
    <details className="difference-group" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong className="foreign">{title}</strong> <span className="quiet">{summary}</span>
      </summary>
      {open && (
        <ul className="difference-list">
          {differences.slice(0, MOST_LISTED).map((difference) => (
            <li key={difference.key}>
              <One difference={difference} />
            </li>
          ))}
          {left > 0 && <li className="quiet">{`And ${left.toLocaleString("en")} more.`}</li>}
        </ul>
      )}
    </details>
  );
}

const WORDS = { added: "new", removed: "gone", changed: "changed" } as const;

function One({ difference }: { readonly difference: RecordDifference }) {
  const [open, setOpen] = useState(false);
  const { kind, label, fields } = difference;
  const names = fields.map(({ name }) => name).join(", ");
  return (
    <details className="difference" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span className={`difference-kind difference-${kind}`}>{WORDS[kind]}</span>{" "}
        <span className="foreign">{label}</span> {kind === "changed" && <span className="quiet">{names}</span>}
      </summary>
      {open && (
        <table className="difference-fields">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {fields.map(({ name, before, after }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="foreign">{valueWords(before)}</td>
                <td className="foreign">{valueWords(after)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}
