/** The filter of a screen stands in the address, so that a link shows what it leaves. */

import { useNavigation, usePlace } from "../state/navigation.ts";
import { FilterField } from "./filter-field.tsx";

interface PlaceFilterProps {
  readonly label: string;
  readonly placeholder: string;
}

export function PlaceFilter({ label, placeholder }: PlaceFilterProps) {
  const navigation = useNavigation();
  const filter = usePlace((place) => place.filter);
  return (
    <FilterField
      label={label}
      placeholder={placeholder}
      value={filter}
      onChange={(filter) => navigation.replace({ ...navigation.place, filter })}
    />
  );
}
