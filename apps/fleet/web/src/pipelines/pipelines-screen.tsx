import type { Command, Host, Pipeline } from "@neverstale/fleet-domain";
import { isFinal } from "@neverstale/fleet-domain/schema-free";
import { Button } from "react-aria-components";
import { newestFirst } from "../commands/run-words.ts";
import { commandLook, pipelineLook } from "../components/looks.ts";
import { Mark, Status, useLook } from "../components/mark.tsx";
import { Empty } from "../components/notice.tsx";
import { Elapsed, Moment } from "../components/time.tsx";
import { Link } from "../frame/place-link.tsx";
import { count } from "../state/format.ts";
import { useView } from "../state/navigation.ts";
import { goTo, showOutput } from "../state/place.ts";
import { gridOf, type PipelineGrid } from "./pipeline-grid.ts";

export interface PipelinesScreenProps {
  readonly pipelines: readonly Pipeline[];
  readonly commands: readonly Command[];
  readonly hosts: ReadonlyMap<string, Host>;
  readonly loaded: boolean;
  /** Null for those who may only look. */
  readonly onStop: ((id: string) => void) | null;
}

/** Every pipeline that runs or ran, with its grid of host by stage. */
export function PipelinesScreen({ pipelines, commands, hosts, loaded, onStop }: PipelinesScreenProps) {
  const view = useView();
  const ordered = newestFirst(pipelines);
  const open = view.open ?? ordered[0]?.id ?? null;
  return (
    <section className="screen" aria-labelledby="pipelines-title">
      <header className="screen-head">
        <h1 id="pipelines-title">Pipelines</h1>
        <p className="screen-summary value">{count(pipelines.length, "pipeline")}</p>
      </header>
      {loaded && view.open !== null && !ordered.some((pipeline) => pipeline.id === view.open) && (
        <Empty title={`There is no pipeline run ${view.open}`}>It has left the list, or the address is wrong.</Empty>
      )}
      {ordered.length === 0 && view.open === null && (
        <Empty title={loaded ? "No pipeline has run yet" : "Waiting for the first state"}>
          Select hosts and choose a pipeline: it runs its ops one after the other on each of them.
        </Empty>
      )}
      <ul className="cards">
        {ordered.map((pipeline) => (
          <li key={pipeline.id}>
            <PipelineCard
              pipeline={pipeline}
              grid={open === pipeline.id ? gridOf(pipeline, commands, hosts) : null}
              onStop={onStop}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface PipelineCardProps {
  readonly pipeline: Pipeline;
  /** Null for a card that is folded. */
  readonly grid: PipelineGrid | null;
  readonly onStop: ((id: string) => void) | null;
}

function PipelineCard({ pipeline, grid, onStop }: PipelineCardProps) {
  const view = useView();
  return (
    <article className="card">
      <header className="card-head">
        <h2 className="card-title">
          <Link className="row-link foreign" to={goTo(view, "pipelines", pipeline.id)}>
            {pipeline.name}
          </Link>
        </h2>
        <span className="value">
          <Status look={pipelineLook(pipeline.status)} strong passing={pipeline.status === "running"} />
        </span>
        {onStop !== null && pipeline.status === "running" && (
          <Button
            className="button button-small"
            aria-label={`Stop ${pipeline.name}`}
            onPress={() => onStop(pipeline.id)}
          >
            Stop
          </Button>
        )}
        <p className="card-facts">
          {count(pipeline.hosts.length, "host")} · {count(pipeline.stages.length, "stage")} · started by{" "}
          <span className="foreign">{pipeline.requestedBy}</span> at <Moment at={pipeline.createdAt} /> ·{" "}
          <Elapsed from={pipeline.createdAt} to={pipeline.finishedAt} />
        </p>
      </header>
      {grid !== null && <Grid grid={grid} name={pipeline.name} />}
    </article>
  );
}

function Grid({ grid, name }: { readonly grid: PipelineGrid; readonly name: string }) {
  return (
    <div className="grid-scroll">
      <table className="table grid" aria-label={`${name}: hosts by stage`}>
        <thead>
          <tr>
            <th scope="col">Host</th>
            {grid.stages.map((stage, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a stage is its place, the same op may stand at two.
              <th scope="col" key={index}>
                <span className="stage-number">{index + 1}</span> {stage}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {grid.rows.map((row) => (
            <tr key={row.host}>
              <th scope="row" className="foreign">
                {row.hostname}
              </th>
              {row.cells.map((command, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a stage is its place.
                <Cell key={index} command={command} stage={grid.stages[index] ?? ""} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {grid.hidden > 0 && <p className="grid-rest">and {count(grid.hidden, "more host")}</p>}
    </div>
  );
}

interface CellProps {
  readonly command: Command | null;
  /** Its column's head, which stands in the cell where there are no columns. */
  readonly stage: string;
}

function Cell({ command, stage }: CellProps) {
  if (command === null)
    return (
      <td className="grid-none" data-word={stage}>
        –
      </td>
    );
  return <CommandCell command={command} stage={stage} />;
}

function CommandCell({ command, stage }: CellProps & { readonly command: Command }) {
  const view = useView();
  const look = useLook(commandLook(command.status), !isFinal(command.status));
  return (
    <td className="value" data-word={stage}>
      <Link className={`grid-link tone-${look.tone}`} to={showOutput(view, [command.id])}>
        <Mark shape={look.shape} tone={look.tone} />
        {look.word}
      </Link>
      {command.reason !== undefined && <span className="under foreign">{command.reason}</span>}
    </td>
  );
}
