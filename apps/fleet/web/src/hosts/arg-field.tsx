import type { ArgSpec } from "@neverstale/fleet-domain";
import { useState } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { Choice } from "../components/choice.tsx";

/** One argument of an op. The browser checks its bounds before the form is sent; the server and the agent check again. */
export function ArgField({ spec }: { readonly spec: ArgSpec }) {
  const name = `arg:${spec.name}`;
  if (spec.type === "choice") return <ChoiceArg name={name} spec={spec} />;
  const given = spec.default === undefined ? {} : { defaultValue: String(spec.default) };
  return (
    <TextField className="field" name={name} isRequired={spec.default === undefined} {...given}>
      <Label className="field-label">{spec.name}</Label>
      {spec.type === "integer" ? (
        <Input
          className="input input-number"
          type="number"
          inputMode="numeric"
          min={spec.min}
          max={spec.max}
          step={1}
        />
      ) : (
        <Input className="input" type="text" maxLength={spec.maxLength} autoComplete="off" />
      )}
    </TextField>
  );
}

function ChoiceArg({ name, spec }: { readonly name: string; readonly spec: Extract<ArgSpec, { type: "choice" }> }) {
  const [value, setValue] = useState(spec.default ?? spec.values[0] ?? null);
  const options = spec.values.map((word) => ({ id: word, word }));
  return (
    <Choice
      label={spec.name}
      placeholder="Choose"
      groups={[{ title: "", options }]}
      value={value}
      onChoose={setValue}
      name={name}
      above
    />
  );
}
