/** The catalogue stands here as the server has read it from `fleet.yaml`, with what is wrong with the file. */

import type { AlertRule, Fleet, OpRule, PipelineRule, ScheduleRule } from "@neverstale/fleet-domain";
import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import { isAdminOfFleet, useAccount } from "../accounts/account.ts";
import { Notice } from "../components/notice.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { ClockTime } from "../components/time.tsx";
import { WhyNot } from "../frame/why-not.tsx";
import { useAsked } from "../people/asked.ts";
import { scheduleWords } from "../schedules/schedule-words.ts";
import { howMany } from "../state/format.ts";
import { useMayAct } from "../state/may-act.ts";
import { goTo } from "../state/place.ts";
import { sameRecords } from "../state/record-lists.ts";
import { useRecord, useSelection } from "../state/replica-hooks.ts";
import { useServer } from "../state/server.ts";
import { AskedProblem } from "./asked-problem.tsx";
import { alertRuleWords, opRuleWords, pipelineRuleWords } from "./catalogue-words.ts";

export function CatalogueSettings() {
  const ops = useSelection(opRules, sameRecords);
  const pipelines = useSelection(pipelineRules, sameRecords);
  const alerts = useSelection(alertRules, sameRecords);
  const schedules = useSelection(scheduleRules, sameRecords);
  return (
    <>
      <FileState />
      <Rules title="Ops" none="No op has a rule of its own: each runs as its host's agent.yaml says." rules={ops}>
        {(rule) => <RuleLine key={rule.id} rule={rule} words={opRuleWords(rule)} />}
      </Rules>
      <Rules title="Pipelines" none="There are no pipelines." rules={pipelines}>
        {(rule) => <RuleLine key={rule.id} rule={rule} words={[rule.stages.join(" → "), ...pipelineRuleWords(rule)]} />}
      </Rules>
      <Rules title="Alerts" none="" rules={alerts}>
        {(rule) => <RuleLine key={rule.id} rule={rule} words={[alertRuleWords(rule)]} />}
      </Rules>
      <Rules title="Schedules" none="" rules={schedules}>
        {(rule) => (
          <RuleLine key={rule.id} rule={rule} words={[scheduleWords(rule), `${rule.cron} ${rule.timeZone}`]} />
        )}
      </Rules>
      {schedules.length > 0 && (
        <p>
          <PlaceLink to={(place) => goTo(place, "pipelines")}>When each is due, and what became of it last</PlaceLink>
        </p>
      )}
    </>
  );
}

const opRules = (fleet: Fleet): readonly OpRule[] => byId(fleet.opRules);
const pipelineRules = (fleet: Fleet): readonly PipelineRule[] => byId(fleet.pipelineRules);
const alertRules = (fleet: Fleet): readonly AlertRule[] => byId(fleet.alertRules);
const scheduleRules = (fleet: Fleet): readonly ScheduleRule[] => byId(fleet.scheduleRules);

function byId<Rule extends { readonly id: string }>(rules: ReadonlyMap<string, Rule>): readonly Rule[] {
  return [...rules.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Whoever is limited to some hosts is not told of the file. */
function FileState() {
  const file = useRecord("catalogueFiles", "fleet.yaml");
  const isAdmin = isAdminOfFleet(useAccount());
  const server = useServer();
  const whyNot = useMayAct().why;
  const { problem, busy, run } = useAsked(NOTHING);
  const read = () =>
    run(async () => {
      await server.send("POST", "/api/catalogue/read");
    });
  if (file === undefined) return null;
  return (
    <section aria-labelledby="file-title">
      <header className="people-head">
        <h2 id="file-title">fleet.yaml</h2>
        {isAdmin && (
          <Button className="button" isDisabled={busy || whyNot !== null} onPress={read}>
            Read it again
          </Button>
        )}
      </header>
      {isAdmin && <WhyNot />}
      <AskedProblem problem={problem} />
      <p className="card-facts">
        {file.source === "own" ? (
          <>
            The server looked for the file at <ClockTime at={file.readAt} /> and found none, so a short one of its own
            is in force.
          </>
        ) : (
          <>
            The file was read at <ClockTime at={file.readAt} />
            {file.problems.length === 0 && ", and is in force"}.
          </>
        )}
      </p>
      {file.problems.length > 0 && (
        <Notice tone="bad" shape="cross">
          {howMany(file.problems.length, "thing")} in the file {file.problems.length === 1 ? "is" : "are"} wrong. What
          was in force before still is.
          <ul className="settings-problems">
            {file.problems.map((each) => (
              <li key={each} className="foreign mono">
                {each}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </section>
  );
}

const NOTHING = async () => null;

interface RulesProps<Rule> {
  readonly title: string;
  /** It stands there when there are none. When it is empty, nothing stands there. */
  readonly none: string;
  readonly rules: readonly Rule[];
  readonly children: (rule: Rule) => ReactNode;
}

function Rules<Rule>({ title, none, rules, children }: RulesProps<Rule>) {
  if (rules.length === 0 && none === "") return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {rules.length === 0 && <p className="quiet">{none}</p>}
      <ul className="lines">{rules.map(children)}</ul>
    </section>
  );
}

interface RuleLineProps {
  readonly rule: { readonly id: string; readonly title?: string | undefined };
  readonly words: readonly string[];
}

function RuleLine({ rule: { id, title }, words }: RuleLineProps) {
  return (
    <li className="line-item">
      <span className="line-main foreign">
        {title ?? id} {title !== undefined && <span className="quiet mono">{id}</span>}
        {words.length > 0 && <span className="under">{words.join(" · ")}</span>}
      </span>
    </li>
  );
}
