/** The palette is a dialog with one field: what is typed finds a place of the page, and Enter goes there. */

import { PAGE_SCREENS } from "@neverstale/fleet-domain/schema-free";
import { useDeferredValue, useMemo, useState } from "react";
import {
  Autocomplete,
  Dialog,
  Header,
  Input,
  Label,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  SearchField,
} from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { useRunOpener } from "../commands/dialog/run-opener.ts";
import { chooseTheme } from "../state/io/theme.ts";
import { useMoment } from "../state/moment-provider.tsx";
import { useNavigation } from "../state/navigation.ts";
import { useReplica } from "../state/replica-hooks.ts";
import { PALETTE_GROUPS, paletteEntries } from "./palette-entries.ts";

/** It looks at the fleet as it is when it is opened and whenever something is typed: nothing moves under the reader's hand. */
export function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const replica = useReplica();
  const navigation = useNavigation();
  const opener = useRunOpener();
  const isPast = useMoment().kind === "past";
  const mayDispatch = useAccount().mayDispatch && !isPast; // No run begins there.
  const [query, setQuery] = useState("");
  const sought = useDeferredValue(query);
  const entries = useMemo(
    () => paletteEntries(replica.state, PAGE_SCREENS, sought, mayDispatch),
    [replica, sought, mayDispatch],
  );
  const go = (key: string) => {
    const entry = entries.find((one) => one.key === key);
    onClose();
    if (entry?.theme !== undefined) return chooseTheme(entry.theme);
    if (entry?.runs !== undefined) opener.open(entry.runs);
    else if (entry !== undefined) navigation.go(entry.leads(navigation.place));
  };
  return (
    <ModalOverlay className="palette-overlay" isOpen isDismissable onOpenChange={(isOpen) => isOpen || onClose()}>
      <Modal className="palette">
        <Dialog className="palette-dialog" aria-label="Find and go">
          <Autocomplete inputValue={query} onInputChange={setQuery}>
            <SearchField className="palette-field" autoFocus>
              <Label className="visually-hidden">Find a host, a screen, an op or a run</Label>
              <Input className="palette-input" placeholder="Find a host, a screen, an op, a run…" spellCheck={false} />
            </SearchField>
            <Menu
              className="palette-list"
              aria-label="Found"
              onAction={(key) => go(String(key))}
              renderEmptyState={() => <p className="palette-none quiet">Nothing has that name.</p>}
            >
              {PALETTE_GROUPS.map((group) => {
                const own = entries.filter((entry) => entry.group === group);
                return (
                  own.length > 0 && (
                    <MenuSection key={group}>
                      <Header className="palette-group">{group}</Header>
                      {own.map(({ key, words, detail }) => (
                        <MenuItem key={key} id={key} className="palette-entry" textValue={words}>
                          <span className="foreign">{words}</span> <span className="quiet foreign">{detail}</span>
                        </MenuItem>
                      ))}
                    </MenuSection>
                  )
                );
              })}
            </Menu>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
