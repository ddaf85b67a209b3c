/** One argument of an op is asked for here. */

import type { ArgSpec } from "@neverstale/fleet-domain";
import { Input, Label, TextField } from "react-aria-components";
import { Choice } from "../components/choice.tsx";

interface ArgFieldProps {
  readonly spec: ArgSpec;
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** The browser checks its bounds before the form is sent. The server and the agent check again. */
export function ArgField({ spec, text, onChange }: ArgFieldProps) {
  if (spec.type === "choice") {
    const options = spec.values.map((word) => ({ id: word, word }));
    return (
      <Choice
        label={spec.name}
        placeholder="Choose"
        groups={[{ title: "", options }]}
        value={text}
        onChoose={onChange}
        above
      />
    );
  }
  return (
    <TextField className="field" isRequired={spec.default === undefined} value={text} onChange={onChange}>
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
