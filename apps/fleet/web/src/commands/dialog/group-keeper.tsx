/** A filter is saved here as a group of hosts, and a group is renamed or removed. Its hosts stay as they are. */

import type { EffectPosition } from "@neverstale/client";
import { useState } from "react";
import { Button, Input, Label, TextField } from "react-aria-components";
import { Notice } from "../../components/notice.tsx";
import { useMayAct } from "../../state/may-act.ts";
import { useRecord, useReplica } from "../../state/replica-hooks.ts";
import { untilShown } from "../io/send-dispatch.ts";
import { useWorkRequests } from "../runs/work-requests.ts";
import type { RunWhere } from "./run-opener.ts";

interface GroupKeeperProps {
  readonly where: RunWhere;
  /** It is called with the choice that means what is there now. */
  readonly onChosen: (choice: string) => void;
}

export function GroupKeeper({ where, onChosen }: GroupKeeperProps) {
  const requests = useWorkRequests();
  const replica = useReplica();
  const { may } = useMayAct();
  const group = useRecord("groups", where.kind === "group" ? where.name : "");
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const filter = where.kind === "filter" ? where.text.trim() : (group?.filter ?? "");
  if (filter === "") return null;
  const change = async (what: () => Promise<EffectPosition>, choice: string) => {
    setBusy(true);
    setProblem(null);
    try {
      await untilShown(replica, await what()); // What is chosen next is to be there.
      setName("");
      onChosen(choice);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const save = async () => {
    const saved = await requests.saveGroup(name, filter);
    if (group === undefined || group.id === name) return saved;
    await untilShown(replica, saved);
    onChosen(`group:${name}`); // The old one is not to vanish while it is the one that is chosen.
    return await requests.removeGroup(group.id);
  };
  return (
    <details className="run-cli">
      <summary>{group === undefined ? "Save this filter as a group" : "Rename or remove this group"}</summary>
      <div className="run-groups">
        <TextField className="field" value={name} onChange={setName}>
          <Label className="field-label">{group === undefined ? "Name of the group" : "New name"}</Label>
          <Input className="input" autoComplete="off" maxLength={64} />
        </TextField>
        <Button
          className="button"
          isDisabled={!may || name === ""}
          isPending={busy}
          onPress={() => void change(save, `group:${name}`)}
        >
          {group === undefined ? "Save" : "Rename"}
        </Button>
        {group !== undefined && (
          <Button
            className="button"
            isDisabled={!may}
            isPending={busy}
            onPress={() => void change(() => requests.removeGroup(group.id), "filter")}
          >
            Remove {group.title ?? group.id}
          </Button>
        )}
      </div>
      {problem !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {problem}
        </Notice>
      )}
    </details>
  );
}
