/** A line of a shell that does the same is shown here, to be copied. */

import { CopyButton } from "../../components/copy-button.tsx";
import { serverAddress } from "../../state/io/base-path.ts";
import { type CliLineParts, cliLine } from "./cli-line.ts";

export function CliLine(parts: Omit<CliLineParts, "server">) {
  const line = cliLine({ ...parts, server: serverAddress() });
  const shown = line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)}…` : line;
  return (
    <details className="run-cli">
      <summary>The same in a shell</summary>
      <code className="mono run-cli-line foreign">{shown}</code> <CopyButton label="Copy" text={() => line} />
    </details>
  );
}

/** A line that names a thousand hosts is copied whole, and shown so far. */
const MOST_SHOWN = 600;
