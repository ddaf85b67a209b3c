/** The table shows the columns that the address names, else those that were chosen last in this browser. */

import { useMemo } from "react";
import { usePlace } from "../../state/navigation.ts";
import { parseColumns, type TableColumn, usualColumns } from "./host-columns.ts";
import { keptColumns } from "./io/kept-columns.ts";

export function useColumns(): readonly TableColumn[] {
  const named = usePlace((place) => place.columns);
  return useMemo(() => parseColumns(named) ?? parseColumns(keptColumns()) ?? usualColumns(), [named]);
}
