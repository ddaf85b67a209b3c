/** The dock holds the outputs that are open, with a tab for each. It stays while screens come and go. */

import type { Command } from "@neverstale/fleet-domain";
import { labelOf } from "@neverstale/fleet-domain/schema-free";
import { useEffect } from "react";
import { Button, Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { commandLook } from "../commands/command-look.ts";
import { opTitleOf } from "../commands/op-title.ts";
import { Icon } from "../components/icon.tsx";
import { Mark } from "../components/mark.tsx";
import { useNavigation, usePlace } from "../state/navigation.ts";
import { closeOutput, MERGED_TAB } from "../state/place.ts";
import { useRecord } from "../state/replica-hooks.ts";
import { DockResizer } from "./dock-resizer.tsx";
import { MergedPanel } from "./merged/merged-panel.tsx";
import { OutputPanel } from "./output-panel.tsx";
import { useOutputs } from "./outputs.ts";

/** The address says which outputs are open. */
export function OutputDock() {
  const tabs = usePlace((place) => place.tabs);
  const tab = usePlace((place) => place.tab);
  const navigation = useNavigation();
  const outputs = useOutputs();
  useEffect(() => outputs.keep(tabs), [outputs, tabs]);
  if (tabs.length === 0) return null;
  const folded = tab === null;
  const show = (id: string | null) => navigation.replace({ ...navigation.place, tab: id, line: null });

  return (
    <section className={folded ? "dock is-folded" : "dock"} aria-label="Output">
      {!folded && <DockResizer />}
      <Tabs className="dock-tabs" selectedKey={tab ?? ""} onSelectionChange={(id) => show(String(id))}>
        <div className="dock-head">
          <TabList className="dock-list" aria-label="Open outputs">
            {tabs.map((id) => (
              <Tab key={id} id={id} className="dock-tab">
                <TabWords id={id} />
              </Tab>
            ))}
            {tabs.length > 1 && (
              <Tab id={MERGED_TAB} className="dock-tab">
                All by time
              </Tab>
            )}
          </TabList>
          {tab !== null && tab !== MERGED_TAB && (
            <CloseButton onClose={() => navigation.replace(closeOutput(navigation.place, tab))} />
          )}
          <Button
            className="button button-plain"
            aria-label={folded ? "Show the output" : "Fold the output"}
            onPress={() => show(folded ? (tabs.at(-1) ?? null) : null)}
          >
            <Icon name={folded ? "up" : "down"} />
          </Button>
        </div>
        {tabs.map((id) => (
          <TabPanel key={id} id={id} className="dock-panel">
            <OutputPanel commandId={id} />
          </TabPanel>
        ))}
        {tabs.length > 1 && (
          <TabPanel id={MERGED_TAB} className="dock-panel">
            <MergedPanel commandIds={tabs} />
          </TabPanel>
        )}
      </Tabs>
    </section>
  );
}

function CloseButton({ onClose }: { readonly onClose: () => void }) {
  return (
    <Button className="button button-plain" aria-label="Close this output" onPress={onClose}>
      <Icon name="close" />
    </Button>
  );
}

function TabWords({ id }: { readonly id: string }) {
  const command = useRecord("commands", id);
  if (command === undefined) return <span className="mono">{id.slice(0, 8)}</span>;
  const look = commandLook(command.status);
  return (
    <>
      <Mark shape={look.shape} tone={look.tone} />
      <span className="visually-hidden">{look.word}: </span>
      <span className="foreign">
        <OpOnHost command={command} />
      </span>
    </>
  );
}

function OpOnHost({ command }: { readonly command: Command }) {
  const host = useRecord("hosts", command.host);
  return (
    <>
      {opTitleOf(command, host)} · {host === undefined ? command.host : labelOf(host)}
    </>
  );
}
