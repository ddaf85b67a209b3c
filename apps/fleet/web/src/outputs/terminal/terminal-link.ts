/** Links in an output lead to web pages and nowhere else. */

/** OSC 8 begins a link, or ends it by an empty address. It returns the link that holds behind this escape sequence. */
export function linkOf(sequence: string, before: string | null): string | null {
  const address = OSC_8.exec(sequence)?.[1];
  if (address === undefined) return before;
  return webAddress(address);
}

const OSC = String.raw`(?:\x1b\]|\x9d)`;
const OSC_8 = new RegExp(`^${OSC}8;[^;]*;${String.raw`([^\x07\x1b\x9c]*)`}`);

/** It returns null for what is no address of a web page, or a very long one. */
function webAddress(address: string): string | null {
  if (address.length > MAX_ADDRESS || !/^https?:\/\//i.test(address)) return null;
  try {
    return new URL(address).href;
  } catch {
    return null;
  }
}

const MAX_ADDRESS = 2_000;

/** Text between addresses has no `address`. */
export interface LinkedText {
  readonly text: string;
  readonly address: string | null;
}

/** It cuts text where addresses of web pages begin and end, as people write them. */
export function linksIn(text: string): readonly LinkedText[] {
  if (!text.includes("://")) return [{ text, address: null }];
  const parts: LinkedText[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const shown = found.replace(TRAILING, "");
    const address = webAddress(shown);
    if (address === null) continue;
    if (index > end) parts.push({ text: text.slice(end, index), address: null });
    parts.push({ text: shown, address });
    end = index + shown.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), address: null });
  return parts;
}

const ADDRESS = /\bhttps?:\/\/[^\s"'`<>\\^{|}]+/gi;
/** These end a sentence more often than an address. */
const TRAILING = /[.,:;!?)\]]{1,20}$/;
