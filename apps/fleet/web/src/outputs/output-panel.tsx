/** The panel follows the output of a command for as long as it is on screen. */

import type { Command } from "@neverstale/fleet-domain";
import { labelOf } from "@neverstale/fleet-domain/schema-free";
import { type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useAccount } from "../accounts/account.ts";
import { useCancel } from "../commands/io/cancel.ts";
import { Empty } from "../components/notice.tsx";
import { badgeOf } from "../state/freshness.ts";
import { serverPath } from "../state/io/base-path.ts";
import { useNow } from "../state/io/now.ts";
import { useMayAct } from "../state/may-act.ts";
import { useNavigation, usePlace } from "../state/navigation.ts";
import { useRecord } from "../state/replica-hooks.ts";
import { FindBar } from "./find/find-bar.tsx";
import { FindInOutput } from "./find/find-in-output.ts";
import { useOutputSettings } from "./io/output-settings.ts";
import { OutputHead } from "./output-head.tsx";
import { OutputText } from "./output-text.tsx";
import { windowEnd } from "./output-window.ts";
import { useOutputs } from "./outputs.ts";
import { type OutputSnapshot, shownOutput } from "./shown-output.ts";

/** A command that the live state holds no longer, or not yet, can't be followed. */
export function OutputPanel({ commandId }: { readonly commandId: string }) {
  const command = useRecord("commands", commandId);
  if (command !== undefined) return <FollowedPanel command={command} />;
  return (
    <Empty title="This run is not in the live state">
      Its output may still be kept: <a href={outputAddress(commandId, "plain")}>open it as plain text</a>.
    </Empty>
  );
}

function FollowedPanel({ command }: { readonly command: Command }) {
  const outputs = useOutputs();
  const output = shownOutput(outputs, command.id);
  const snapshot = useSyncExternalStore(output.subscribe, () => output.snapshot);
  const [find] = useState(() => new FindInOutput(command.id, outputs.sources.getJson));
  const found = useSyncExternalStore(find.subscribe, () => find.snapshot);
  const [isFinding, setFinding] = useState(false);
  const [{ wrap, times }, set] = useOutputSettings();
  const scroller = useRef<HTMLDivElement>(null);
  const host = useRecord("hosts", command.host);
  const behind = useBehind(snapshot);
  const { mayDispatch } = useAccount();
  const { may, why } = useMayAct();
  const cancel = useCancel();
  const navigation = useNavigation();
  const line = usePlace((place) => (place.tab === command.id ? place.line : null));
  const setLine = (next: number | null) => {
    navigation.replace({ ...navigation.place, line: next });
    if (next !== null && next === line) void output.goToLine(next);
  };
  useEffect(() => () => find.stop(), [find]); // Nobody waits for what is still looked for.
  useEffect(() => {
    if (line !== null) void output.goToLine(line);
  }, [output, line]);
  const hit = found.current === null ? null : (found.hits[found.current]?.line ?? null);
  useEffect(() => {
    if (hit !== null) void output.goToLine(hit);
  }, [output, hit]);
  const closeFind = () => {
    find.stop();
    setFinding(false);
    scroller.current?.focus();
  };
  const findKey = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() !== "f" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    setFinding(true);
  };
  const hostname = host === undefined ? command.host : labelOf(host);
  const written = Math.max(snapshot.status?.bytes ?? 0, windowEnd(snapshot.window) ?? 0);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the key of the find works wherever the focus is within.
    <div className="output" onKeyDown={findKey}>
      <OutputHead
        command={command}
        hostname={hostname}
        written={written}
        isCut={snapshot.status?.cut === true}
        behind={behind}
        addressOf={(format) => outputAddress(command.id, format)}
        onStop={mayDispatch ? () => cancel("commands", command.id) : null}
        whyNotStop={may ? null : why}
        wrap={wrap}
        onWrap={(next) => set({ wrap: next })}
        times={times}
        onTimes={(next) => set({ times: next })}
        finding={isFinding}
        onFind={(next) => (next ? setFinding(true) : closeFind())}
      />
      {(isFinding || line !== null) && (
        <FindBar
          find={find}
          snapshot={found}
          outputBytes={written}
          scroller={scroller}
          line={line}
          onLine={setLine}
          onClose={() => {
            closeFind();
            setLine(null);
          }}
        />
      )}
      <OutputText
        output={output}
        snapshot={snapshot}
        find={found}
        wrap={wrap}
        times={times}
        label={`Output of ${command.op} on ${hostname}`}
        marked={line}
        onLine={setLine}
        scroller={scroller}
      >
        {snapshot.window.length === 0 && <p className="output-note">{nothingYet(command, snapshot)}</p>}
      </OutputText>
    </div>
  );
}

function nothingYet(command: Command, { status }: OutputSnapshot): string {
  if (status?.finished === true) return "It wrote nothing.";
  return command.status === "pending" ? "It has not started yet." : "Nothing written yet.";
}

/** A few words say that what is shown may be behind. */
function useBehind({ view, confirmedAgeMs }: OutputSnapshot): string | null {
  const now = useNow();
  const badge = badgeOf({ view, confirmedAgeMs, caughtUp: null }, now);
  const starting = view.lastConfirmedAt === null && view.status.type !== "stale";
  return badge.old && !starting ? [badge.word, badge.detail].filter((text) => text !== null).join(" · ") : null;
}

/** With `ansi` the output comes as it was written, with its colours. With `plain` it comes as text, and with `ndjson` as objects. */
function outputAddress(commandId: string, format: "plain" | "ansi" | "ndjson"): string {
  return serverPath(`/api/commands/${encodeURIComponent(commandId)}/output?format=${format}`);
}
