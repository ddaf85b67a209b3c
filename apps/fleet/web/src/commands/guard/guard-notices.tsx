/** These stand where a run begins: what changed since it was prepared, and why it can't begin now. */

import { Button } from "react-aria-components";
import { Notice } from "../../components/notice.tsx";
import type { GuardedRun } from "./io/guarded-run.ts";

/** The answer to the question has the focus of whoever pressed the button: Enter sends it all the same. */
export function ChangedNotice({ run, disabled }: { readonly run: GuardedRun; readonly disabled: boolean }) {
  if (run.changed === null) return null;
  return (
    <Notice tone="warn" shape="triangle" role="alert">
      {run.changed} Nothing was sent.{" "}
      <Button className="button button-small" autoFocus isDisabled={disabled} onPress={run.beginAnyway}>
        Run it anyway
      </Button>
    </Notice>
  );
}
