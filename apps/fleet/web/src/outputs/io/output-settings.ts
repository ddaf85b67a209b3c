/** This browser keeps whether lines wrap, and whether they show their times. */

import { useState } from "react";
import { keepText, keptText } from "../../state/io/browser-memory.ts";

const KEY = "neverstale.output";

interface OutputSettings {
  /** Long lines go on in the next row. */
  readonly wrap: boolean;
  /** Each line has the time at which it came. */
  readonly times: boolean;
}

export function useOutputSettings(): readonly [OutputSettings, (part: Partial<OutputSettings>) => void] {
  const [settings, setSettings] = useState(stored);
  const change = (part: Partial<OutputSettings>) => {
    const next = { ...stored(), ...part };
    keepText(KEY, JSON.stringify(next));
    setSettings(next);
  };
  return [settings, change];
}

function stored(): OutputSettings {
  const text = keptText(KEY) ?? "";
  return { wrap: !text.includes('"wrap":false'), times: text.includes('"times":true') };
}
