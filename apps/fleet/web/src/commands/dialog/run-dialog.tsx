/** The dialog starts an op or a pipeline: on which hosts, with which arguments, and what becomes of it on each of them. */

import type { ArgSpec, Args, Fleet, PipelineRule } from "@neverstale/fleet-domain";
import { isDangerousOp, isDangerousPipeline } from "@neverstale/fleet-domain/schema-free";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Button, Checkbox, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useAccount } from "../../accounts/account.ts";
import { Choice } from "../../components/choice.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { Notice } from "../../components/notice.tsx";
import { selectChosenHosts } from "../../hosts/shown-hosts.ts";
import { useMayAct } from "../../state/may-act.ts";
import { useNavigation } from "../../state/navigation.ts";
import { goTo, showOutput } from "../../state/place.ts";
import { sameRecords } from "../../state/record-lists.ts";
import { useRecord, useReplica, useSelection } from "../../state/replica-hooks.ts";
import { ArgField } from "../arg-field.tsx";
import { DispatchOutcomeNotice } from "../dispatch-notice.tsx";
import type { SentDispatch, WantedDispatch } from "../dispatch-outcome.ts";
import { argDefault, chosenSummary, opChoices, opTitle, planOp, planPipeline, readArgs } from "../dispatch-plan.ts";
import { ChangedNotice } from "../guard/guard-notices.tsx";
import { useGuardedRun } from "../guard/io/guarded-run.ts";
import { SafeguardSheet } from "../safeguard-sheet.tsx";
import { CliLine } from "./cli-line-view.tsx";
import { GroupKeeper } from "./group-keeper.tsx";
import { PlannedList } from "./planned-list.tsx";
import { type RunWish, useRunOpener } from "./run-opener.ts";
import { choiceOf, hostsMeant, whereChoices, whereOf } from "./targets.ts";
import { buttonWords, selectChoices, whatChoices } from "./what-choices.ts";

const NOBODY: readonly string[] = [];

/** All that is typed here is kept while the dialog is open, and nowhere else. */
export function RunDialog({ wish }: { readonly wish: RunWish }) {
  const opener = useRunOpener();
  return (
    <ModalOverlay className="palette-overlay" isOpen isDismissable onOpenChange={(isOpen) => isOpen || opener.close()}>
      <Modal className="palette run-dialog">
        <Dialog className="run-dialog-body">
          <Heading slot="title" className="shortcuts-title">
            Run on hosts
          </Heading>
          <RunForm wish={wish} onClose={() => opener.close()} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function RunForm({ wish, onClose }: { readonly wish: RunWish; readonly onClose: () => void }) {
  const form = useRef<HTMLFormElement>(null);
  const replica = useReplica();
  const { role, tags } = useAccount();
  const { may, why } = useMayAct();
  const chosen = wish.where.kind === "hosts" ? wish.where.ids : NOBODY;
  const [choice, setChoice] = useState(choiceOf(wish.where));
  const [text, setText] = useState(wish.where.kind === "filter" ? wish.where.text : "");
  const [picked, setPicked] = useState(wish.what);
  const [wait, setWait] = useState(false);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const run = useGuardedRun("you opened this", useOpenRun(onClose));

  // Which hosts are meant is found when the target is chosen, and again when it is sent. In between their records are followed.
  const where = useMemo(() => whereOf(choice, chosen, text), [choice, chosen, text]);
  const group = useRecord("groups", where.kind === "group" ? where.name : "");
  // biome-ignore lint/correctness/useExhaustiveDependencies: a group that is another one means other hosts.
  const ids = useMemo(() => new Set(hostsMeant(replica.state, where).map(({ id }) => id)), [replica, where, group]);
  const hosts = useSelection(
    useMemo(() => selectChosenHosts(ids), [ids]),
    sameRecords,
  );
  const { kept, pipelines } = useSelection(
    useMemo(() => selectChoices(role), [role]),
    (a, b) => sameRecords(a.kept, b.kept) && sameRecords(a.pipelines, b.pipelines),
  );
  const ops = opChoices(hosts).filter(({ offer }) => !kept.includes(offer.name));
  const op = ops.find(({ offer }) => picked === `op:${offer.name}`) ?? null;
  const pipeline = pipelines.find(({ id }) => picked === `pipeline:${id}`) ?? null;
  const rule = useRecord("opRules", op?.offer.name ?? "");
  const plan = op !== null ? planOp(hosts, op, wait, rule) : pipeline !== null ? planPipeline(hosts, pipeline) : null;
  const isDangerous = useSelection((fleet) => dangerOf(fleet, op?.offer.name ?? null, pipeline));
  const busy = hosts.some(({ runningCommand }) => runningCommand !== undefined);

  const { prepare } = run;
  const opName = op?.offer.name ?? null;
  const pipelineId = pipeline?.id ?? null;
  const prepareNow = useCallback(() => {
    if (opName !== null) prepare({ op: opName }, allowedIds(replica.state, ids, opName));
    else if (pipelineId !== null) prepare({ pipeline: pipelineId }, [...ids]);
  }, [opName, pipelineId, ids, prepare, replica]);
  useEffect(prepareNow, [prepareNow]);

  const textOf = (name: string) => (spec: ArgSpec) => texts[`${name}/${spec.name}`] ?? argDefault(spec);
  const args: Args = op === null ? {} : readArgs(op.offer.args, textOf(op.offer.name));
  // Enter in one of the fields starts nothing: it may be meant for the filter.
  const begin = () => {
    if (run.running || !may || plan === null || form.current?.reportValidity() === false) return;
    const meant = hostsMeant(replica.state, where).map(({ id }) => id);
    const request: WantedDispatch | null =
      op !== null
        ? {
            ...{ op: op.offer.name, title: opTitle(op.offer), args, wait: wait && busy },
            hosts: allowedIds(replica.state, meant, op.offer.name),
          }
        : pipeline !== null
          ? { pipeline: pipeline.id, hosts: meant }
          : null;
    if (request !== null && request.hosts.length > 0) run.begin(request);
  };
  const what = op !== null ? { op: op.offer.name } : pipeline !== null ? { pipeline: pipeline.id } : null;

  return (
    <>
      {run.dangerous !== null && (
        <SafeguardSheet
          title={"title" in run.dangerous ? run.dangerous.title : run.dangerous.pipeline}
          onConfirm={run.confirm}
          onCancel={() => run.confirm(null)}
        />
      )}
      <form className="run-form" aria-label="Run on hosts" ref={form} onSubmit={(event) => event.preventDefault()}>
        <div className="run-fields">
          <Choice
            label="Where"
            placeholder="Choose hosts"
            groups={whereChoices(replica.state, chosen)}
            value={choice}
            onChoose={(next) => {
              setChoice(next);
              run.forget();
            }}
          />
          {choice === "filter" && (
            <FilterField label="Filter of hosts" placeholder="tag:prod status:online" value={text} onChange={setText} />
          )}
          <Choice
            label="What to run"
            placeholder="Choose an op or a pipeline"
            groups={whatChoices(replica.state, ops, pipelines, hosts.length)}
            value={op === null && pipeline === null ? null : picked}
            onChoose={(next) => {
              setPicked(next);
              run.forget();
            }}
          />
        </div>
        {tags === null && <GroupKeeper where={where} onChosen={setChoice} />}
        {op !== null && (op.offer.args.length > 0 || busy) && (
          <div className="run-fields">
            {op.offer.args.map((spec) => (
              <ArgField
                key={`${op.offer.name}/${spec.name}`}
                spec={spec}
                text={textOf(op.offer.name)(spec)}
                onChange={(next) => setTexts({ ...texts, [`${op.offer.name}/${spec.name}`]: next })}
              />
            ))}
            {busy && (
              <Checkbox className="check" isSelected={wait} onChange={setWait}>
                <span className="check-box" aria-hidden="true" />
                Wait where busy
              </Checkbox>
            )}
          </div>
        )}
        <p className="run-summary value" role="status">
          {hosts.length === 0 ? "No host is meant by this." : chosenSummary(hosts)}
        </p>
        {pipeline !== null && <p className="quiet foreign">Stages: {pipeline.stages.join(" → ")}</p>}
        {plan !== null && <PlannedList plan={plan} />}
        {kept.length > 0 && <p className="quiet">Kept for other roles: {kept.join(", ")}.</p>}
        {isDangerous && (
          <Notice tone="warn" shape="triangle">
            This is dangerous: the number of hosts and a code of your second factor are asked for before it begins.
          </Notice>
        )}
        {what !== null && <CliLine what={what} where={where} args={args} />}
        <ChangedNotice run={run} disabled={!may} />
        {why !== null && (
          <Notice tone="warn" shape="triangle">
            {why}
          </Notice>
        )}
        {run.attempted !== null && (
          <DispatchOutcomeNotice
            outcome={run.attempted.outcome}
            onRepeat={() => run.attempted !== null && run.repeat(run.attempted)}
            onOver={() => {
              run.forget();
              prepareNow();
            }}
          />
        )}
        <div className="run-actions">
          <Button
            className="button button-main"
            isDisabled={!may || plan === null || plan.hosts.length === 0}
            isPending={run.running}
            onPress={begin}
          >
            {buttonWords(op, pipeline, plan?.hosts.length ?? 0)}
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </div>
      </form>
    </>
  );
}

function allowedIds({ hosts }: Pick<Fleet, "hosts">, ids: Iterable<string>, op: string): readonly string[] {
  return [...ids].filter((id) => hosts.get(id)?.ops.some(({ name }) => name === op) === true);
}

function dangerOf(fleet: Fleet, op: string | null, pipeline: PipelineRule | null): boolean {
  if (op !== null) return isDangerousOp(fleet, op);
  return pipeline !== null && isDangerousPipeline(fleet, { name: pipeline.id, stages: pipeline.stages });
}

/** It goes to what was started: the output of one command, the page of a run, or the pipeline. Where nothing was, it stays. */
function useOpenRun(onClose: () => void): (sent: SentDispatch) => void {
  const navigation = useNavigation();
  return ({ outcome, commandIds, runId, pipelineId }) => {
    const { place } = navigation;
    if (outcome.kind !== "started") return;
    if (pipelineId !== null) navigation.go(goTo(place, "pipelines", pipelineId));
    else if (commandIds.length > 1 && runId !== null) navigation.go(goTo(place, "runs", runId));
    else navigation.go(showOutput(place, commandIds));
    onClose();
  };
}
