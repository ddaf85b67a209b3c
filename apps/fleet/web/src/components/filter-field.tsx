/** A filter narrows the list below it while somebody types. Escape empties it. */

import { Input, Label, SearchField } from "react-aria-components";

interface FilterFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function FilterField({ label, placeholder, value, onChange }: FilterFieldProps) {
  return (
    <SearchField className="filter" value={value} onChange={onChange}>
      <Label className="visually-hidden">{label}</Label>
      <Input
        className="input filter-input"
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="none"
      />
    </SearchField>
  );
}
