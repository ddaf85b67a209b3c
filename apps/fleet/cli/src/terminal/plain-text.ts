/** Plain text commands no terminal: a remote host must not command this one with what it prints (C36). */

import { PlainText } from "@neverstale/fleet-domain";

/** Only text, line ends and tabs stay. */
export function withoutControls(text: string): string {
  return new PlainText().read(text).replaceAll("\r", "");
}

/** Returns one line that is read in one direction: a name or a reason that a host gave. */
export function oneLine(text: string): string {
  return new PlainText()
    .read(text)
    .replace(/\p{Cc}+/gu, " ")
    .replace(/\p{Bidi_Control}/gu, "");
}

/** JSON leaves DEL and C1 as they are, and some terminals obey those. The value stays the same. */
export function plainJson(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
