/** The grid of a pipeline has a row for each host and a column for each stage. Above it each stage says how long it took. */

import type { Command, Pipeline } from "@neverstale/fleet-domain";
import { isFinal } from "@neverstale/fleet-domain/schema-free";
import { memo, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { commandLook } from "../commands/command-look.ts";
import { useWholeRun } from "../commands/runs/whole-run.ts";
import { Mark } from "../components/mark.tsx";
import { Notice } from "../components/notice.tsx";
import { OutputLink } from "../components/place-link.tsx";
import { useLook } from "../components/status.tsx";
import { howMany, NONE, timeTaken } from "../state/format.ts";
import { useServerNow } from "../state/io/now.ts";
import { useSelection } from "../state/replica-hooks.ts";
import { type GridGroup, type GridOutcome, gridOf, type PipelineGrid, stageSpans } from "./pipeline-grid.ts";

export function StageGrid({ pipeline }: { readonly pipeline: Pipeline }) {
  const { id, name, stages } = pipeline;
  const key = useMemo(() => ({ pipeline: id }), [id]);
  const { commands, problem } = useWholeRun(key);
  const hosts = useSelection((fleet) => fleet.hosts);
  const grid = useMemo(() => gridOf(pipeline, commands, hosts), [pipeline, commands, hosts]);
  return (
    <>
      {problem !== null && (
        <Notice tone="warn" shape="triangle">
          {problem}
        </Notice>
      )}
      <StageBars pipeline={pipeline} grid={grid} />
      <div className="grid-scroll">
        <table className="table grid" aria-label={`${name}: hosts by stage`}>
          <thead>
            <tr>
              <th scope="col">Host</th>
              {stages.map((stage, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a stage is its place, the same op may stand at two.
                <th scope="col" key={index}>
                  <span className="stage-number">{index + 1}</span> {stage}
                </th>
              ))}
            </tr>
          </thead>
          {grid.groups.map((group) => (
            <RowGroup key={group.outcome ?? "all"} group={group} stages={stages} />
          ))}
        </table>
      </div>
    </>
  );
}

/** So many hosts of a group are shown before somebody asks for more. */
const SHOWN_AT_FIRST = 25;

function RowGroup({
  group: { outcome, rows },
  stages,
}: {
  readonly group: GridGroup;
  readonly stages: readonly string[];
}) {
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  const rest = rows.length - shown;
  return (
    <tbody>
      {outcome !== null && (
        <tr className="grid-head">
          <th scope="rowgroup" colSpan={stages.length + 1}>
            {OUTCOME_WORDS[outcome]}: {howMany(rows.length, "host")}
          </th>
        </tr>
      )}
      {rows.slice(0, shown).map((row) => (
        <tr key={row.host}>
          <th scope="row" className="foreign">
            {row.hostname}
          </th>
          {row.cells.map((command, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a stage is its place.
            <Cell key={index} command={command} stage={stages[index] ?? ""} />
          ))}
        </tr>
      ))}
      {rest > 0 && (
        <tr>
          <td colSpan={stages.length + 1}>
            <Button className="button button-small" onPress={() => setShown(shown + 10 * SHOWN_AT_FIRST)}>
              Show more of {howMany(rest, "other host")}
            </Button>
          </td>
        </tr>
      )}
    </tbody>
  );
}

const OUTCOME_WORDS: Readonly<Record<GridOutcome, string>> = {
  failed: "Did not succeed",
  running: "Running",
  waiting: "Waiting",
  stopped: "Stopped",
  unknown: "Nothing is known of these any more",
  succeeded: "Succeeded",
};

interface CellProps {
  readonly command: Command | null;
  /** The column's head also stands in the cell, where the screen is too narrow for columns. */
  readonly stage: string;
}

const Cell = memo(function Cell({ command, stage }: CellProps) {
  if (command === null)
    return (
      <td className="grid-none" data-word={stage}>
        {NONE}
      </td>
    );
  return <CommandCell command={command} stage={stage} />;
});

function CommandCell({ command, stage }: CellProps & { readonly command: Command }) {
  const look = useLook(commandLook(command.status), !isFinal(command.status));
  return (
    <td className="value" data-word={stage}>
      <OutputLink className={`grid-link tone-${look.tone}`} commandId={command.id}>
        <Mark shape={look.shape} tone={look.tone} />
        {look.word}
      </OutputLink>
      {command.reason !== undefined && <span className="under foreign">{command.reason}</span>}
    </td>
  );
}

interface StageBarsProps {
  readonly pipeline: Pipeline;
  readonly grid: PipelineGrid;
}

/** Each bar lies where its stage was in the whole time, so that it shows which one took long. */
function StageBars({ pipeline, grid }: StageBarsProps) {
  const now = useServerNow();
  const spans = useMemo(() => stageSpans(pipeline, grid), [pipeline, grid]);
  const begin = Date.parse(pipeline.createdAt);
  const end = pipeline.finishedAt === undefined ? now : Date.parse(pipeline.finishedAt);
  const whole = Math.max(1, end - begin);
  return (
    <ol className="stage-bars" aria-label="How long each stage took">
      {spans.map(({ op, done, hosts, failed, fromMs, toMs }, index) => {
        const till = toMs ?? end;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a stage is its place.
          <li key={index} className="stage-bar">
            <span className="stage-bar-name foreign">
              {index + 1} {op}
            </span>
            <svg className="stage-bar-track" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
              {fromMs !== null && (
                <rect
                  className={failed > 0 ? "stage-bar-fill is-bad" : "stage-bar-fill"}
                  x={(100 * Math.max(0, fromMs - begin)) / whole}
                  width={Math.max(0.7, (100 * Math.max(0, till - fromMs)) / whole)}
                  height="6"
                />
              )}
            </svg>
            <span className="stage-bar-words value">
              {fromMs === null ? NONE : timeTaken(till - fromMs)} · {done} of {hosts}
              {failed > 0 && ` · ${failed} did not succeed`}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
