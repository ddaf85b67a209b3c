import type { MutationOutcome } from "@neverstale/client";
import { kept } from "@neverstale/client/kept";
import { mutations } from "@neverstale/client/mutations";
import { type FormEvent, useState } from "react";
import { addCard, changeCard, deleteCard } from "./board.ts";
import { SyncProvider, useCollection, useMutate, usePending, useStateSync, useSync } from "./hooks.ts";
import { type Card, COLUMNS } from "./records.ts";

export function App({ room, user }: { readonly room: string; readonly user: string }) {
  const sync = useStateSync({ url: `/sync?room=${room}`, user, mutations: mutations(), kept: kept() });
  return (
    <SyncProvider sync={sync}>
      <Room room={room} />
    </SyncProvider>
  );
}

type Column = Card["column"];
const inOrder = (a: Card, b: Card) => a.order - b.order;

function Room({ room }: { readonly room: string }) {
  const cards = useCollection("cards", { sort: inOrder });
  const people = useCollection("people");
  const here = [...new Set(people.map(({ id }) => id.split("/")[1]))].sort();
  const freshness = useSync(({ status }) => ("why" in status ? status.why : status.type));
  const [refusal, setRefusal] = useState("");
  const tell = (outcome: MutationOutcome) => {
    setRefusal(outcome.type === "refused" || outcome.type === "unknown" ? outcome.detail : "");
  };

  return (
    <main data-freshness={freshness} data-here={here.join()}>
      <h1>
        {room} <small>{freshness}</small>
      </h1>
      <p>Here: {here.join(", ")}</p>
      <p role="alert">{refusal}</p>
      {COLUMNS.map((column) => (
        <section key={column} aria-label={column}>
          <h2>{column}</h2>
          {cards
            .filter((card) => card.column === column)
            .map((card) => (
              <CardLine key={card.id} card={card} tell={tell} />
            ))}
          <AddCard room={room} column={column} tell={tell} />
        </section>
      ))}
    </main>
  );
}

type Tell = (outcome: MutationOutcome) => void;

function AddCard({ room, column, tell }: { readonly room: string; readonly column: Column; readonly tell: Tell }) {
  const mutate = useMutate();
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const title = String(new FormData(event.currentTarget).get("title"));
    event.currentTarget.reset();
    tell(await mutate(addCard, { room, column, title, text: "" }));
  };
  return (
    <form onSubmit={add}>
      <input name="title" aria-label={`New in ${column}`} />
    </form>
  );
}

function CardLine({ card, tell }: { readonly card: Card; readonly tell: Tell }) {
  const mutate = useMutate();
  const isPending = usePending("cards", card.id).length > 0;
  const change = async (data: { readonly title?: string; readonly column?: Column }) =>
    tell(await mutate(changeCard, { id: card.id, data }));
  const rename = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void change({ title: String(new FormData(event.currentTarget).get("title")) });
  };

  return (
    <article aria-label={card.title} data-pending={isPending}>
      <form onSubmit={rename}>
        <input key={card.title} name="title" aria-label="Title" defaultValue={card.title} />
      </form>
      {COLUMNS.filter((column) => column !== card.column).map((column) => (
        <button key={column} type="button" onClick={() => change({ column })}>
          {column}
        </button>
      ))}
      <button type="button" onClick={async () => tell(await mutate(deleteCard, { id: card.id }))}>
        Delete
      </button>
    </article>
  );
}
