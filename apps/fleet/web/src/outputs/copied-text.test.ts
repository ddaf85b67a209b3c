// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { copiedText } from "./copied-text.ts";

let section: Element;

/** Two blocks of lines, as the page draws them. */
beforeEach(() => {
  const line = (inside: string) => `<div class="output-line">${inside}</div>`;
  const first = `<div class="output-block">${line("one")}${line("")}${line("two <span>red</span>")}</div>`;
  document.body.innerHTML = `<p>before</p><section>${first}<div class="output-block">${line("")}</div>${line("")}</section>`;
  section = document.querySelector("section") as Element;
});

function range(from: Node, start: number, to: Node, end: number): Range {
  const range = document.createRange();
  range.setStart(from, start);
  range.setEnd(to, end);
  return range;
}

const within = (index: number) => section.querySelectorAll(".output-line")[index] as Element;

test("all of it is copied as it was printed, empty lines and the end of the last one too", () => {
  const all = document.createRange();
  all.selectNodeContents(section);

  expect(copiedText(section, all)).toBe("one\n\ntwo red\n\n");
});

test("of the first and the last line only what was chosen is copied", () => {
  const red = section.querySelector("span")?.firstChild as Node;

  expect(copiedText(section, range(within(0).firstChild as Node, 1, red, 2))).toBe("ne\n\ntwo re");
  expect(copiedText(section, range(within(0).firstChild as Node, 0, within(1), 0))).toBe("one\n");
  expect(copiedText(section, range(red, 0, red, 3))).toBe("red");
});

test("what reaches beyond the output is left to the browser", () => {
  expect(copiedText(section, range(document.body, 0, section, 1))).toBeNull();
});
