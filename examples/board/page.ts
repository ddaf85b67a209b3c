import { StateSync, type StateSyncOptions } from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import type { StateOf } from "@neverstale/protocol";
import { addCard, type board, finishCard } from "./board.ts";

export function showBoard(root: HTMLElement, options: StateSyncOptions): StateSync<StateOf<typeof board>> {
  const sync = new StateSync<StateOf<typeof board>>({ ...options, user: "ann", mutations: mutations() });
  const freshness = document.createElement("p");
  const form = document.createElement("form");
  const input = document.createElement("input");
  const list = document.createElement("ul");
  form.append(input);
  root.append(freshness, form, list);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const outcome = await sync.mutate(addCard, { title: input.value });
    if (outcome.type === "refused") freshness.textContent = outcome.detail;
  });

  // It is called when a record, the freshness or what is pending has changed, once for all of it.
  sync.subscribe(() => {
    freshness.textContent = sync.status.type;
    list.replaceChildren(
      ...sync.list("cards").map(({ id, title, done }) => {
        const line = document.createElement("li");
        line.textContent = done ? `${title} (done)` : title;
        line.addEventListener("click", () => sync.mutate(finishCard, { id }));
        return line;
      }),
    );
  });
  return sync;
}
