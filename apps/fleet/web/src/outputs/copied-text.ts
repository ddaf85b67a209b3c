/** Output is copied line by line as it was printed: browsers would leave out lines that are empty. */

/** It returns null when what is chosen is not within `section`: then the browser copies as it does everywhere. */
export function copiedText(section: Element, range: Range): string | null {
  if (!section.contains(range.commonAncestorContainer)) return null;
  const lines = [...section.querySelectorAll(".output-line")].filter((line) => range.intersectsNode(line));
  return lines.map((line) => partWithin(line, range)).join("\n");
}

function partWithin(line: Element, range: Range): string {
  const part = line.ownerDocument.createRange();
  part.selectNodeContents(line);
  if (line.contains(range.startContainer)) part.setStart(range.startContainer, range.startOffset);
  if (line.contains(range.endContainer)) part.setEnd(range.endContainer, range.endOffset);
  return part.toString();
}
