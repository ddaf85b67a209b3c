/** A source file opens with a sentence that says what it owns, and no doc comment leans on what stands above it. */

import type { SourceText } from "./source-text.ts";

export function commentProblems(source: SourceText): CommentProblem[] {
  return [...headProblems(source), ...headlessComments(source)];
}

/** No doc comment begins like this: each of these is the rest of a sentence that is not there. */
const HEADLESS = ["Of", "For", "The same", "What", "Whether", "Since", "How"];
/** Strings and other comments are matched, too, so that nothing in them is taken for a doc comment. */
const DOC_COMMENT =
  /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*(?!\*)[\s\S]*?\*\/|\/\*\*([\s\S]*?)\*\//g;
/** A program may have the line that names its interpreter above the sentence. */
const HEAD = /^(?:#!.*\n)?\/\*\* (\S[\s\S]*?) ?\*\/\n/;

export interface CommentProblem {
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

function headProblems({ path, text }: SourceText): CommentProblem[] {
  const head = HEAD.exec(text);
  if (head === null) return [{ path, line: 1, what: "does not open with a sentence in `/** … */`" }];
  const sentence = wordsOf(head[1] ?? "");
  if (!/\S\.(\s|$)/.test(sentence))
    return [{ path, line: 1, what: "opens with something that is no sentence: it has no full stop" }];
  const next = text.slice(head[0].length);
  return next === "" || next.startsWith("\n")
    ? []
    : [{ path, line: 1, what: "has no empty line below the sentence that it opens with" }];
}

function headlessComments({ path, text }: SourceText): CommentProblem[] {
  return [...text.matchAll(DOC_COMMENT)].flatMap(({ 1: body = "", index }) => {
    const words = wordsOf(body);
    const start = HEADLESS.find((word) => words.startsWith(`${word} `));
    if (start === undefined) return [];
    const line = text.slice(0, index).split("\n").length;
    return [{ path, line, what: `has a doc comment that begins with "${start}": ${words.slice(0, 60)}` }];
  });
}

/** It returns the text of a comment in one line. */
function wordsOf(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*?\s*/, "").trim())
    .join(" ")
    .trim();
}
