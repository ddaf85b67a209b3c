import { Input, Label, SearchField } from "react-aria-components";

interface FilterFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Narrows the list below it while it is being typed into; Escape empties it. */
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
