/** Admins read here who did what, export it, and have the server look whether it holds together. */

import type { AuditEvent, AuditProof, EventLogAnswer } from "@neverstale/fleet-domain";
import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { Notice } from "../../components/notice.tsx";
import { PlaceFilter } from "../../components/place-filter.tsx";
import { Status } from "../../components/status.tsx";
import { ClockTime } from "../../components/time.tsx";
import { eventLook } from "../../events/event-look.ts";
import { useAsked } from "../../people/asked.ts";
import { howMany } from "../../state/format.ts";
import { serverPath } from "../../state/io/base-path.ts";
import { usePlace } from "../../state/navigation.ts";
import { useServer } from "../../state/server.ts";
import { AskedProblem } from "../asked-problem.tsx";
import { type AuditQuery, auditPath, readAuditFilter } from "./audit-filter.ts";

export function AuditSettings() {
  const read = readAuditFilter(useSettled(usePlace((place) => place.filter)));
  const query = read.ok ? read.query : null;
  return (
    <>
      <ProofSection />
      <section aria-labelledby="audit-title">
        <header className="people-head">
          <h2 id="audit-title">Who did what</h2>
          {query !== null && <Exports query={query} />}
        </header>
        <PlaceFilter
          label="Filter the audit"
          placeholder="who:maria did:host_removed host:web-1 level:warn from:2026-01-31"
        />
        {read.ok ? (
          <AuditList key={JSON.stringify(read.query)} query={read.query} />
        ) : (
          <Notice tone="warn" shape="triangle">
            <span className="foreign">{read.problem}</span>
          </Notice>
        )}
      </section>
    </>
  );
}

const SETTLED_MS = 300;

/** The server is not asked for each letter that somebody types. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function Exports({ query: { level: _, ...query } }: { readonly query: AuditQuery }) {
  const link = (format: string) => serverPath(auditPath("/api/audit/export", query, { format }));
  return (
    <span className="settings-exports">
      <a className="button button-small" href={link("csv")} download>
        Export as CSV
      </a>
      <a className="button button-small" href={link("json")} download>
        Export as JSON
      </a>
    </span>
  );
}

const AT_ONCE = "50";

/** The newest come first, and older ones are asked for a page at a time. */
function AuditList({ query }: { readonly query: AuditQuery }) {
  const server = useServer();
  const asked = useRef(query); // Another query is another list, by its key.
  const [events, setEvents] = useState<readonly AuditEvent[]>([]);
  const [next, setNext] = useState<string | null>("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const load = useCallback(
    async (before: string) => {
      setBusy(true);
      setProblem(null);
      try {
        const more = { category: "audit", limit: AT_ONCE, ...(before !== "" && { before }) };
        const answer = await server.get<EventLogAnswer>(auditPath("/api/event-log", asked.current, more));
        setEvents((known) => (before === "" ? answer.events : [...known, ...answer.events]));
        setNext(answer.next);
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error));
      } finally {
        setBusy(false);
      }
    },
    [server],
  );
  useEffect(() => void load(""), [load]);
  return (
    <>
      <AskedProblem problem={problem} />
      {events.length === 0 && next === null && (
        <p className="quiet">Nothing of that was done as far back as it is kept.</p>
      )}
      {events.length > 0 && <AuditTable events={events} />}
      {next !== null && next !== "" && (
        <p>
          <Button className="button" isDisabled={busy} onPress={() => void load(next)}>
            Show older ones
          </Button>
        </p>
      )}
    </>
  );
}

function AuditTable({ events }: { readonly events: readonly AuditEvent[] }) {
  return (
    <table className="table events settings-table">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Level</th>
          <th scope="col">What was done</th>
          <th scope="col">Host</th>
          <th scope="col">Who</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.id}>
            <td className="cell-time">
              <ClockTime at={event.at} />
            </td>
            <td className="cell-level">
              <Status look={eventLook(event.level)} />
            </td>
            <th scope="row" className="cell-message foreign">
              {event.message}
              <span className="under">
                <span className="mono">{event.action}</span>
                {event.sequence !== undefined && ` · number ${event.sequence.toLocaleString("en")}`}
              </span>
            </th>
            <td className="cell-host-name foreign">{event.host ?? ""}</td>
            <td className="cell-by foreign">
              {event.actor}
              {event.evidence?.address !== undefined && <span className="under">from {event.evidence.address}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const NOT_YET = async (): Promise<null> => null;

function ProofSection() {
  const server = useServer();
  const { problem, busy, run } = useAsked(NOT_YET);
  const [proof, setProof] = useState<AuditProof | null>(null);
  const prove = () => run(async () => setProof(await server.get<AuditProof>("/api/audit/proof")));
  return (
    <section aria-labelledby="proof-title">
      <header className="people-head">
        <h2 id="proof-title">Does it hold together?</h2>
        <Button className="button" isDisabled={busy} onPress={prove}>
          {busy ? "Looking…" : "Look now"}
        </Button>
      </header>
      <AskedProblem problem={problem} />
      {proof === null ? (
        <p className="quiet">
          Each event carries the hash of the one before it, so what is altered or taken out later shows. Whoever does
          not trust this server proves its store from outside, with <code>neverstale verify-audit</code>.
        </p>
      ) : (
        <Proved proof={proof} />
      )}
    </section>
  );
}

function Proved({ proof }: { readonly proof: AuditProof }) {
  const { proved, events, from, head, begunAt, anchor } = proof;
  return (
    <>
      {proved ? (
        <Notice tone="good" shape="check">
          {howMany(events, "event")}, from number {from.toLocaleString("en")} on, follow each other without a gap.
        </Notice>
      ) : (
        <Notice tone="bad" shape="cross" role="alert">
          <span className="foreign">
            {proof.break?.id} is {proof.break?.what}: {proof.break?.detail}
          </span>
        </Notice>
      )}
      <dl className="facts">
        <div className="fact">
          <dt>Chained since</dt>
          <dd>
            <ClockTime at={begunAt} />
          </dd>
        </div>
        <div className="fact">
          <dt>Let go of up to</dt>
          <dd>{anchor === undefined ? "nothing yet" : `number ${anchor.sequence.toLocaleString("en")}`}</dd>
        </div>
        <div className="fact settings-hash">
          <dt>
            Hash of the newest, number {head.sequence.toLocaleString("en")}: note it elsewhere to compare it later
          </dt>
          <dd className="mono foreign">{head.hash}</dd>
        </div>
      </dl>
    </>
  );
}
