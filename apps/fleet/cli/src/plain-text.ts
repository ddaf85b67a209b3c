/** Of C0 and C1 only line feed and tab stay: what a remote host prints must not command this terminal (C36). */
export function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => (control === "\n" || control === "\t" ? control : ""));
}

/** The same as one line: a name or a reason that a host gave. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}

/** JSON leaves DEL and C1 as they are, and some terminals obey those. The value stays the same. */
export function plainJson(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
