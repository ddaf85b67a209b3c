/** What people see: the list, and how fresh it is. */

import type { MutationOutcome, RecordOf } from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import { type FormEvent, useState } from "react";
import type { FirstPaint } from "../shared/first-paint.ts";
import { addTask, removeTask, setDone, type Tasks } from "../shared/tasks.ts";
import { SyncProvider, useCollection, useMutate, usePending, useStateSync, useSync } from "./hooks.ts";

/** The replica begins to follow once the page has taken over the first paint, so that both ends render the same at first. */
export function App({ first }: { readonly first: FirstPaint }) {
  const sync = useStateSync({ url: "/sync", user: first.visitor, initial: first.state, mutations: mutations() });
  return (
    <SyncProvider sync={sync}>
      <TaskList />
    </SyncProvider>
  );
}

function TaskList() {
  const tasks = useCollection("tasks", { sort: byTime });
  const freshness = useSync((view) => view.status.type);
  const [refusal, setRefusal] = useState("");
  const tell = (outcome: MutationOutcome) => {
    setRefusal(outcome.type === "refused" || outcome.type === "unknown" ? outcome.detail : "");
  };

  return (
    <main>
      <h1>
        Tasks <small data-freshness={freshness}>{freshness}</small>
      </h1>
      <AddTask tell={tell} />
      {refusal !== "" && <p role="alert">{refusal}</p>}
      <ul>
        {tasks.map((task) => (
          <TaskLine key={task.id} task={task} tell={tell} />
        ))}
      </ul>
    </main>
  );
}

type Tell = (outcome: MutationOutcome) => void;
type Task = RecordOf<Tasks, "tasks">;

// It is declared outside, so that it is the same function in each render.
const byTime = (a: Task, b: Task) => a.addedAt - b.addedAt || (a.id < b.id ? -1 : 1);

function AddTask({ tell }: { readonly tell: Tell }) {
  const mutate = useMutate();
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const title = new FormData(form).get("title");
    form.reset();
    if (typeof title === "string" && title.trim() !== "") tell(await mutate(addTask, { title }));
  };

  return (
    <form onSubmit={add}>
      <input name="title" aria-label="New task" placeholder="What is to be done?" maxLength={200} autoComplete="off" />
      <button type="submit">Add</button>
    </form>
  );
}

function TaskLine({ task, tell }: { readonly task: Task; readonly tell: Tell }) {
  const mutate = useMutate();
  const isPending = usePending("tasks", task.id).length > 0;
  const toggle = async () => tell(await mutate(setDone, { id: task.id, done: !task.done }));
  const removeIt = async () => tell(await mutate(removeTask, { id: task.id }));

  return (
    <li data-pending={isPending}>
      <label>
        <input type="checkbox" checked={task.done} onChange={toggle} />
        {task.title}
      </label>
      <button type="button" aria-label={`Remove ${task.title}`} onClick={removeIt}>
        ×
      </button>
    </li>
  );
}
