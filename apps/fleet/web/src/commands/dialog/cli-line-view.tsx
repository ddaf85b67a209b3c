/** A line of a shell that does the same is shown here, to be copied. */

import { CopyButton } from "../../components/copy-button.tsx";
import { serverAddress } from "../../state/io/base-path.ts";
import { type CliLineParts, cliLine } from "./cli-line.ts";

export function CliLine(parts: Omit<CliLineParts, "server">) {
  const line = cliLine({ ...parts, server: serverAddress() });
  return (
    <details className="run-cli">
      <summary>The same in a shell</summary>
      <code className="mono run-cli-line foreign">{line}</code> <CopyButton label="Copy" text={() => line} />
    </details>
  );
}
