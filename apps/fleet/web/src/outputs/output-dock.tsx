import type { Command, Host } from "@neverstale/fleet-domain";
import { labelIn } from "@neverstale/fleet-domain/schema-free";
import type { ReactNode } from "react";
import { Button, Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { opTitleOf } from "../commands/op-title.ts";
import { Icon } from "../components/icon.tsx";
import { commandLook } from "../components/looks.ts";
import { Mark } from "../components/mark.tsx";
import { Empty } from "../components/notice.tsx";
import { useNavigation, useView } from "../state/navigation.ts";
import { closeOutput } from "../state/place.ts";
import { DockResizer } from "./dock-resizer.tsx";
import { outputAddress } from "./output-panel.tsx";

export interface OutputDockProps {
  readonly commands: ReadonlyMap<string, Command>;
  readonly hosts: ReadonlyMap<string, Host>;
  /** The output of one command; made only for the tab that is shown. */
  readonly output: (command: Command) => ReactNode;
}

/** The outputs that are open, a tab each. It stays while screens come and go; which tabs are open stands in the address. */
export function OutputDock({ commands, hosts, output }: OutputDockProps) {
  const view = useView();
  const navigation = useNavigation();
  if (view.tabs.length === 0) return null;
  const folded = view.tab === null;
  const fold = () => navigation.replace({ ...view, tab: folded ? (view.tabs.at(-1) ?? null) : null });
  const close = (id: string) => navigation.replace(closeOutput(view, id));

  return (
    <section className={folded ? "dock is-folded" : "dock"} aria-label="Output">
      {!folded && <DockResizer />}
      <Tabs
        className="dock-tabs"
        selectedKey={view.tab ?? ""}
        onSelectionChange={(id) => navigation.replace({ ...view, tab: String(id) })}
      >
        <div className="dock-head">
          <TabList className="dock-list" aria-label="Open outputs">
            {view.tabs.map((id) => (
              <Tab key={id} id={id} className="dock-tab">
                <TabWords command={commands.get(id)} hosts={hosts} id={id} />
              </Tab>
            ))}
          </TabList>
          {view.tab !== null && <CloseButton id={view.tab} onClose={close} />}
          <Button
            className="button button-plain"
            aria-label={folded ? "Show the output" : "Fold the output"}
            onPress={fold}
          >
            <Icon name={folded ? "up" : "down"} />
          </Button>
        </div>
        {view.tabs.map((id) => (
          <TabPanel key={id} id={id} className="dock-panel">
            <Panel command={commands.get(id)} id={id} output={output} />
          </TabPanel>
        ))}
      </Tabs>
    </section>
  );
}

function CloseButton({ id, onClose }: { readonly id: string; readonly onClose: (id: string) => void }) {
  return (
    <Button className="button button-plain" aria-label="Close this output" onPress={() => onClose(id)}>
      <Icon name="close" />
    </Button>
  );
}

interface PanelProps {
  readonly command: Command | undefined;
  readonly id: string;
  readonly output: (command: Command) => ReactNode;
}

/** A command that the live state holds no longer, or not yet, can't be followed. */
function Panel({ command, id, output }: PanelProps) {
  if (command !== undefined) return output(command);
  return (
    <Empty title="This run is not in the live state">
      Its output may still be kept: <a href={outputAddress(id)}>open it as plain text</a>.
    </Empty>
  );
}

interface TabWordsProps {
  readonly command: Command | undefined;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly id: string;
}

function TabWords({ command, hosts, id }: TabWordsProps) {
  if (command === undefined) return <span className="mono">{id.slice(0, 8)}</span>;
  const look = commandLook(command.status);
  return (
    <>
      <Mark shape={look.shape} tone={look.tone} />
      <span className="visually-hidden">{look.word}: </span>
      <span className="foreign">
        {opTitleOf(command, hosts.get(command.host))} · {labelIn(hosts, command.host)}
      </span>
    </>
  );
}
