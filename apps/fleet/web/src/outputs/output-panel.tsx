/** The panel follows the output of a command for as long as it is on screen. */

import type { Command } from "@neverstale/fleet-domain";
import { labelOf } from "@neverstale/fleet-domain/schema-free";
import { useSyncExternalStore } from "react";
import { useAccount } from "../accounts/account.ts";
import { useCancel } from "../commands/io/cancel.ts";
import { Empty } from "../components/notice.tsx";
import { badgeOf } from "../state/freshness.ts";
import { serverPath } from "../state/io/base-path.ts";
import { useNow } from "../state/io/now.ts";
import { useRecord } from "../state/replica-hooks.ts";
import { useOutputs } from "./followed-output.ts";
import { OutputView } from "./output-view.tsx";

/** A command that the live state holds no longer, or not yet, can't be followed. */
export function OutputPanel({ commandId }: { readonly commandId: string }) {
  const command = useRecord("commands", commandId);
  if (command !== undefined) return <FollowedPanel command={command} />;
  return (
    <Empty title="This run is not in the live state">
      Its output may still be kept: <a href={outputAddress(commandId)}>open it as plain text</a>.
    </Empty>
  );
}

function FollowedPanel({ command }: { readonly command: Command }) {
  const followed = useOutputs().of(command.id);
  const { scrollback, finished, view, confirmedAgeMs } = useSyncExternalStore(
    followed.subscribe,
    () => followed.snapshot,
  );
  const host = useRecord("hosts", command.host);
  const now = useNow();
  const { mayDispatch } = useAccount();
  const cancel = useCancel();
  const badge = badgeOf({ view, confirmedAgeMs, caughtUp: null }, now);
  const starting = view.lastConfirmedAt === null && view.status.type !== "stale";
  return (
    <OutputView
      command={command}
      hostname={host === undefined ? command.host : labelOf(host)}
      scrollback={scrollback}
      finished={finished}
      behind={badge.old && !starting ? [badge.word, badge.detail].filter((text) => text !== null).join(" · ") : null}
      fullAddress={outputAddress(command.id)}
      colourAddress={outputAddress(command.id, "ansi")}
      onStop={mayDispatch ? () => cancel("commands", command.id) : null}
    />
  );
}

/** With `ansi` the output comes as it was written, with its colours. With `plain` it comes as text. */
function outputAddress(commandId: string, format: "plain" | "ansi" = "plain"): string {
  return serverPath(`/api/commands/${encodeURIComponent(commandId)}/output?format=${format}`);
}
