/** The list of shortcuts shows the table that the keys are read by. */

import { useState } from "react";
import { Button, Checkbox, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { MOD_KEY, setSingleKeysCount, singleKeysCount } from "../frame/io/shortcut-keys.ts";
import { SHORTCUTS } from "../frame/shortcuts.ts";

export function ShortcutList({ onClose }: { readonly onClose: () => void }) {
  const [single, setSingle] = useState(singleKeysCount);
  const choose = (count: boolean) => {
    setSingleKeysCount(count);
    setSingle(count);
  };
  return (
    <ModalOverlay className="palette-overlay" isOpen isDismissable onOpenChange={(isOpen) => isOpen || onClose()}>
      <Modal className="palette">
        <Dialog className="palette-dialog shortcuts">
          <Heading slot="title" className="shortcuts-title">
            Keyboard
          </Heading>
          <dl className="shortcut-list">
            {SHORTCUTS.map(({ keys, words }) => (
              <div key={words}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{shown(key)}</kbd>
                  ))}
                </dt>
                <dd>{words}</dd>
              </div>
            ))}
          </dl>
          <Checkbox className="check" isSelected={single} onChange={choose}>
            <span className="check-box" aria-hidden="true" /> Keys without {MOD_KEY} work, too
          </Checkbox>
          <Button className="button" onPress={onClose}>
            Close
          </Button>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function shown(key: string): string {
  return key.startsWith("mod+") ? `${MOD_KEY} ${key.slice("mod+".length).toUpperCase()}` : key;
}
