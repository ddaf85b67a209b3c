/** The filter of the hosts stands in the address. Its field offers how a word may go on, with the number of hosts that it would find. */

import { type KeyboardEvent, useId, useRef, useState } from "react";
import { howMany } from "../../state/format.ts";
import { useNavigation, usePlace } from "../../state/navigation.ts";
import type { Facets } from "../found/facets.ts";
import { useShownHosts } from "../found/use-shown-hosts.tsx";
import { type Completion, completed, completionsOf } from "./filter-completion.ts";

export function FilterBox() {
  const navigation = useNavigation();
  const filter = usePlace((place) => place.filter);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const { facets } = useShownHosts(EVERY_HOST);
  const [offer, setOffer] = useState<Offer>(NO_OFFER);
  const change = (text: string, caret: number) => {
    navigation.replace({ ...navigation.place, filter: text });
    setOffer(offerAt(text, caret, facets()));
  };
  const take = (completion: Completion) => {
    const caret = input.current?.selectionStart ?? filter.length;
    const [text, next] = completed(filter, caret, completion);
    change(text, next);
    if (completion.count !== null) setOffer(NO_OFFER);
    requestAnimationFrame(() => input.current?.setSelectionRange(next, next));
  };
  const press = (event: KeyboardEvent) => {
    const isOpen = offer.completions.length > 0;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = offer.completions[offer.at];
    if (step !== undefined && isOpen) setOffer(moved(offer, step));
    else if (event.key === "Enter" && chosen !== undefined) take(chosen);
    else if (event.key === "Escape" && isOpen) setOffer(NO_OFFER);
    else if (event.key === "Escape" && filter !== "") change("", 0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="filter host-filter">
      <input
        ref={input}
        type="search"
        className="input filter-input"
        aria-label="Filter hosts"
        placeholder="Filter: web tag:prod status:offline check:error cpu:>80"
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="none"
        aria-autocomplete="list"
        aria-controls={offer.completions.length > 0 ? listId : undefined}
        aria-activedescendant={offer.at >= 0 ? `${listId}-${offer.at}` : undefined}
        value={filter}
        onChange={({ target }) => change(target.value, target.selectionStart ?? target.value.length)}
        onKeyDown={press}
        onBlur={() => setOffer(NO_OFFER)}
      />
      {offer.completions.length > 0 && <OfferList id={listId} offer={offer} onTake={take} />}
    </div>
  );
}

const EVERY_HOST = { filter: "", sort: "none" } as const;

interface Offer {
  readonly completions: readonly Completion[];
  /** The arrow keys have come to this one. -1 stands for none. */
  readonly at: number;
}

const NO_OFFER: Offer = { completions: [], at: -1 };

function offerAt(text: string, caret: number, facets: Facets): Offer {
  return { completions: completionsOf(text, caret, facets), at: -1 };
}

function moved({ completions, at }: Offer, step: number): Offer {
  const places = completions.length + 1;
  return { completions, at: ((at + 1 + step + places) % places) - 1 };
}

interface OfferListProps {
  readonly id: string;
  readonly offer: Offer;
  readonly onTake: (completion: Completion) => void;
}

function OfferList({ id, offer, onTake }: OfferListProps) {
  return (
    <div className="popover filter-offer" role="listbox" id={id} aria-label="How the word may go on">
      {offer.completions.map((completion, index) => (
        <div
          key={completion.term}
          role="option"
          tabIndex={-1}
          id={`${id}-${index}`}
          aria-selected={index === offer.at}
          className="filter-option"
          // The field keeps the focus.
          onPointerDown={(event) => {
            event.preventDefault();
            onTake(completion);
          }}
        >
          <span className="foreign">{completion.term}</span>
          <span className="quiet">
            {completion.count === null ? completion.note : howMany(completion.count, "host")}
          </span>
        </div>
      ))}
    </div>
  );
}
