/** The facets show what the hosts have in common, and how many there are of each. A click puts one into the filter. */

import { Button, Dialog, DialogTrigger, Popover, ToggleButton } from "react-aria-components";
import { Icon } from "../../components/icon.tsx";
import { useNavigation, usePlace } from "../../state/navigation.ts";
import { hasTerm, withoutKind, withToggled } from "../filter/filter-terms.ts";
import { FACET_KINDS, type FacetKind } from "../found/facets.ts";
import { useShownHosts } from "../found/use-shown-hosts.tsx";

export function FacetButton() {
  return (
    <DialogTrigger>
      <Button className="button button-small">
        Facets <Icon name="down" />
      </Button>
      <Popover className="popover facet-popover" placement="bottom end" isNonModal>
        <Dialog className="facet-panel" aria-label="Facets of the hosts">
          <FacetPanel />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

/** Kinds that are counted under the same filter share one index. */
function FacetPanel() {
  const filter = usePlace((place) => place.filter);
  const filters = new Map<string, FacetKind[]>();
  for (const kind of FACET_KINDS) {
    const counted = withoutKind(filter, kind);
    filters.set(counted, [...(filters.get(counted) ?? []), kind]);
  }
  return [...filters].map(([counted, kinds]) => <FacetGroup key={counted} filter={counted} kinds={kinds} />);
}

function FacetGroup({ filter, kinds }: { readonly filter: string; readonly kinds: readonly FacetKind[] }) {
  const { facets } = useShownHosts({ filter, sort: "none" });
  return kinds.map((kind) => <Facet key={kind} kind={kind} values={facets()[kind]} />);
}

/** So many values of a kind are shown. The others are found by typing. */
const MOST_SHOWN = 12;

const WORDS: Readonly<Record<FacetKind, string>> = {
  status: "Status",
  check: "Checks",
  tag: "Tags",
  os: "System",
  version: "Agent",
};

interface FacetProps {
  readonly kind: FacetKind;
  readonly values: readonly { readonly term: string; readonly word: string; readonly count: number }[];
}

function Facet({ kind, values }: FacetProps) {
  const navigation = useNavigation();
  const filter = usePlace((place) => place.filter);
  if (values.length === 0) return null;
  const toggle = (term: string) =>
    navigation.replace({ ...navigation.place, filter: withToggled(navigation.place.filter, kind, term) });
  return (
    <section className="facet" aria-label={WORDS[kind]}>
      <h3 className="facet-title">{WORDS[kind]}</h3>
      {values.slice(0, MOST_SHOWN).map(({ term, word, count }) => (
        <ToggleButton
          key={term}
          className="facet-value"
          isSelected={hasTerm(filter, term)}
          onChange={() => toggle(term)}
        >
          <span className="foreign">{word}</span> <span className="facet-count">{count.toLocaleString("en")}</span>
        </ToggleButton>
      ))}
      {values.length > MOST_SHOWN && <p className="quiet">{`and ${values.length - MOST_SHOWN} more: type ${kind}:`}</p>}
    </section>
  );
}
