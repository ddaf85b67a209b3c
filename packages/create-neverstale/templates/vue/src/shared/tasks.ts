/** Both ends import this: what the state is, and what people may do to it. */

import {
  collection,
  defineModel,
  defineMutation,
  patch,
  put,
  refuse,
  remove,
  type StateOf,
} from "@neverstale/protocol";
import { z } from "zod";

const Task = z.object({
  id: z.string(),
  title: z.string().min(1).max(200),
  done: z.boolean(),
  /** The visitor who has added it. */
  by: z.string(),
  addedAt: z.number(),
});

export const model = defineModel({
  model: 1,
  collections: { tasks: collection(Task) },
  changes: { task_added: put("tasks"), task_changed: patch("tasks"), task_removed: remove("tasks") },
});
export type Tasks = StateOf<typeof model>;

// The page shows at once what `decide` says there, and the server decides.
export const addTask = defineMutation({
  name: "add_task",
  model,
  optimistic: true,
  args: z.object({ title: z.string().trim().min(1).max(200) }),
  decide: ({ tasks }, { title }, { user, now, newId }) => {
    if (tasks.size >= 1_000) return refuse("list_full", "The list holds 1,000 tasks.");
    return [{ type: "task_added", target: newId(), data: { title, done: false, by: user, addedAt: now } }];
  },
});

export const setDone = defineMutation({
  name: "set_done",
  model,
  optimistic: true,
  args: z.object({ id: z.string(), done: z.boolean() }),
  decide: ({ tasks }, { id, done }) => {
    if (!tasks.has(id)) return refuse("no_such_task", "Somebody has removed this task.");
    return [{ type: "task_changed", target: id, data: { done } }];
  },
});

export const removeTask = defineMutation({
  name: "remove_task",
  model,
  optimistic: true,
  args: z.object({ id: z.string() }),
  decide: ({ tasks }, { id }, { user }) => {
    const task = tasks.get(id);
    if (task === undefined) return [];
    if (task.by !== user) return refuse("not_yours", "Only who has added a task may remove it.");
    return [{ type: "task_removed", target: id, data: {} }];
  },
});

export const taskMutations = [addTask, setDone, removeTask];
