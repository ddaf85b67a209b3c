/** These choices put words into the filter of the events, where they can be read, changed and linked to. */

import { CATEGORIES, eventTerm, LEVELS, withEventTerm } from "@neverstale/fleet-domain/schema-free";
import { Choice } from "../components/choice.tsx";
import { useNavigation, usePlace } from "../state/navigation.ts";
import { eventLook } from "./event-look.ts";

export function EventFilters() {
  return (
    <div className="event-filters">
      <TermChoice name="level" label="Level" options={LEVELS.map((id) => ({ id, word: eventLook(id).word }))} />
      <TermChoice name="category" label="Kind" options={CATEGORIES.map((id) => ({ id, word: CATEGORY_WORDS[id] }))} />
      <TermChoice name="since" label="How far back" options={SINCE} />
    </div>
  );
}

const CATEGORY_WORDS = { audit: "Who did what", system: "Of the system", error: "Something is wrong" } as const;

const SINCE = [
  { id: "1h", word: "The last hour" },
  { id: "24h", word: "The last 24 hours" },
  { id: "7d", word: "The last 7 days" },
  { id: "30d", word: "The last 30 days" },
] as const;

const ALL = "all";

interface TermChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly { readonly id: string; readonly word: string }[];
}

function TermChoice({ name, label, options }: TermChoiceProps) {
  const navigation = useNavigation();
  const chosen = usePlace((place) => eventTerm(place.filter, name)) ?? ALL;
  const choose = (id: string) => {
    const { place } = navigation;
    navigation.replace({ ...place, filter: withEventTerm(place.filter, name, id === ALL ? null : id) });
  };
  const known = options.some(({ id }) => id === chosen) || chosen === ALL;
  const all = [{ id: ALL, word: "All" }, ...options, ...(known ? [] : [{ id: chosen, word: chosen }])];
  return (
    <Choice label={label} placeholder="All" groups={[{ title: "", options: all }]} value={chosen} onChoose={choose} />
  );
}
