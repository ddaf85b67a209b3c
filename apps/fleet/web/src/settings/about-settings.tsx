/** It says what the server is, how it stands to other nodes, and how much of each limit is used. */

import type { AboutAnswer, FactsOfServer } from "@neverstale/fleet-domain";
import { type ReactNode, useCallback } from "react";
import { isAdminOfFleet, useAccount } from "../accounts/account.ts";
import { Meter } from "../components/meter.tsx";
import { Ago, ClockTime } from "../components/time.tsx";
import { useAsked } from "../people/asked.ts";
import { span } from "../state/format.ts";
import { serverPath } from "../state/io/base-path.ts";
import { useSync } from "../state/replica-hooks.ts";
import { useServer } from "../state/server.ts";
import { shownLimits } from "./about-words.ts";
import { AskedProblem } from "./asked-problem.tsx";

export function AboutSettings() {
  const server = useServer();
  const version = useSync((view) => view.version);
  const { answer, problem } = useAsked(useCallback(() => server.get<AboutAnswer>("/api/about"), [server]));
  const isAdmin = isAdminOfFleet(useAccount());
  return (
    <>
      <AskedProblem problem={problem} />
      {answer !== null && (
        <dl className="facts">
          <AboutFact word="Neverstale">{answer.version}</AboutFact>
          <AboutFact word="Licence">{answer.licence}</AboutFact>
          <AboutFact word="Runs on">{answer.runtime}</AboutFact>
          <AboutFact word="Since">
            <ClockTime at={answer.startedAt} />, <Ago at={answer.startedAt} />
          </AboutFact>
          <AboutFact word="Changes so far">{version?.toLocaleString("en") ?? "none"}</AboutFact>
        </dl>
      )}
      <p>
        <a href={serverPath("/api")}>What a program may ask for</a>
      </p>
      {isAdmin && <ServerPart />}
    </>
  );
}

function ServerPart() {
  const server = useServer();
  const { answer, problem } = useAsked(useCallback(() => server.get<FactsOfServer>("/api/server"), [server]));
  return (
    <>
      <AskedProblem problem={problem} />
      {answer !== null && <KnownServer facts={answer} />}
    </>
  );
}

function KnownServer({ facts: { store, platform, node, limits } }: { readonly facts: FactsOfServer }) {
  return (
    <>
      <section aria-labelledby="store-title">
        <h2 id="store-title">Store and nodes</h2>
        <dl className="facts">
          <AboutFact word="Store">{store}</AboutFact>
          <AboutFact word="System">{platform}</AboutFact>
          {node === null ? (
            <AboutFact word="Nodes">one server with a store of its own</AboutFact>
          ) : (
            <>
              <AboutFact word="This node">
                {node.role === "writer" ? "decides changes" : "follows the writer"}
              </AboutFact>
              <AboutFact word="Entries behind">{node.lag}</AboutFact>
              <AboutFact word="Knew it had the newest">
                {node.confirmationAge === null ? "not yet" : `${span(node.confirmationAge)} ago`}
              </AboutFact>
            </>
          )}
        </dl>
      </section>
      <section aria-labelledby="limits-title">
        <h2 id="limits-title">Limits</h2>
        <p className="quiet">
          What reaches its limit is refused, or the oldest goes, as the guide says. The nearest ones come first.
        </p>
        <ul className="lines">
          {shownLimits(limits).map(({ name, words, used, limit, share }) => (
            <li key={name} className="line-item">
              <span className="line-main">{words}</span>
              <span className="line-end">
                {used.toLocaleString("en")} of {limit.toLocaleString("en")}
              </span>
              <Meter label={`of ${words} used`} value={share} />
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function AboutFact({ word, children }: { readonly word: string; readonly children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{word}</dt>
      <dd className="foreign value">{children}</dd>
    </div>
  );
}
