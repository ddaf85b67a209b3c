/** Before something dangerous begins, the sheet asks for the number of hosts and for a code. */

import type { Fleet } from "@neverstale/fleet-domain";
import { isDangerousOp, isDangerousPipeline } from "@neverstale/fleet-domain/schema-free";
import { Button, Input, Label, TextField } from "react-aria-components";
import { CodeField } from "../accounts/code-field.tsx";
import { Sheet, SheetDialog } from "../accounts/sheet.tsx";
import { formText, useSubmit } from "../accounts/submit.ts";
import type { Safeguards, WantedDispatch } from "./dispatch-outcome.ts";

interface SafeguardSheetProps {
  /** People know it by this title. */
  readonly title: string;
  readonly onConfirm: (safeguards: Safeguards) => void;
  readonly onCancel: () => void;
}

/** The number is not told here, since whoever types it is to know it. */
export function SafeguardSheet({ title, onConfirm, onCancel }: SafeguardSheetProps) {
  const { failure, busy, submit } = useSubmit(async (form) =>
    onConfirm({ hostCount: Number(formText(form, "hosts")), totp: formText(form, "totp") }),
  );
  return (
    <SheetDialog onCancel={onCancel}>
      <Sheet
        title={`${title} is dangerous`}
        lead="Type on how many hosts it is to run, and a code of your second factor."
        failure={failure}
      >
        <form className="sign-in-form" onSubmit={submit}>
          <TextField className="field" name="hosts" type="number" isRequired autoFocus>
            <Label className="field-label">Number of hosts</Label>
            <Input className="input" min={0} step={1} autoComplete="off" />
          </TextField>
          <CodeField />
          <Button type="submit" className="button button-main" isPending={busy}>
            Run it
          </Button>
          <Button className="button button-plain" onPress={onCancel}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}

/** The server decides by the rules that are in force when the request comes. */
export function isDangerous(fleet: Fleet, request: WantedDispatch): boolean {
  if ("op" in request) return isDangerousOp(fleet, request.op);
  const { pipeline: name } = request;
  return isDangerousPipeline(fleet, { name, stages: fleet.pipelineRules.get(name)?.stages ?? [] });
}
