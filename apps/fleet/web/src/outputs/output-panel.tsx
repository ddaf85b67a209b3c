import type { Command } from "@neverstale/fleet-domain";
import { useSyncExternalStore } from "react";
import { badgeOf } from "../state/freshness.ts";
import { at } from "../state/io/base-path.ts";
import { useNow } from "../state/io/now.ts";
import type { FollowedOutput } from "./followed-output.ts";
import { OutputView } from "./output-view.tsx";

interface OutputPanelProps {
  readonly followed: FollowedOutput;
  readonly command: Command;
  readonly hostname: string;
  readonly onStop: (() => void) | null;
}

/** The output of a command that the live state knows, followed for as long as this is on screen. */
export function OutputPanel({ followed, command, hostname, onStop }: OutputPanelProps) {
  const { scrollback, finished, view, confirmedAgeMs } = useSyncExternalStore(
    followed.subscribe,
    () => followed.snapshot,
  );
  const now = useNow();
  const badge = badgeOf({ view, confirmedAgeMs, caughtUp: null }, now);
  const starting = view.lastConfirmedAt === null && view.status.type !== "stale";
  return (
    <OutputView
      command={command}
      hostname={hostname}
      scrollback={scrollback}
      finished={finished}
      behind={badge.old && !starting ? [badge.word, badge.detail].filter((text) => text !== null).join(" · ") : null}
      fullAddress={outputAddress(command.id)}
      colourAddress={outputAddress(command.id, "ansi")}
      onStop={onStop}
    />
  );
}

/** `ansi`: as it was written, with its colours; `plain`: as text. */
export function outputAddress(commandId: string, format: "plain" | "ansi" = "plain"): string {
  return at(`/api/commands/${encodeURIComponent(commandId)}/output?format=${format}`);
}
