/** A YAML file is read by a schema here, and each thing that is wrong in it is told with its line. */

import { type Document, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";

/** The message has a line for each problem of the file: `line 7: ops.disk.timeout: expected …`. */
export class YamlFileError extends Error {
  override readonly name = "YamlFileError";
}

/** It throws `YamlFileError` with all that is wrong. `check` finds what a schema can't say of a file that has its form. */
export function readYamlFile<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  check: (read: z.infer<Schema>) => readonly FileProblem[],
): z.infer<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineAt = (position: number) => `line ${lines.linePos(position).line}`;
  const broken = document.errors.map((error) => `${lineAt(error.pos[0])}: ${error.message}`);
  if (broken.length > 0) throw new YamlFileError(broken.join("\n"));
  const lineOf = (path: readonly PropertyKey[]) => {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true);
      if (hasRange(node)) return lineAt(node.range[0]);
    }
    return lineAt(0);
  };
  const read = schema.safeParse(plainValue(document));
  if (!read.success) throw new YamlFileError(read.error.issues.map((issue) => describe(issue, lineOf)).join("\n"));
  const problems = check(read.data);
  if (problems.length === 0) return read.data;
  throw new YamlFileError(
    problems.map(({ path, problem }) => `${lineOf(path)}: ${path.join(".")}: ${problem}`).join("\n"),
  );
}

/** An anchor may be used so often. Each use counts for all that it holds, so that a small file can't become a huge one. */
const MOST_USES = 100;

/** A wrong alias is found only here. */
function plainValue(document: Pick<Document, "toJS">): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_USES });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const isTooMany = why.startsWith("Excessive alias count");
    throw new YamlFileError(
      isTooMany ? `an anchor is used more than ${MOST_USES} times: write out what it holds` : why,
    );
  }
}

export interface FileProblem {
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

function describe(issue: z.core.$ZodIssue, lineOf: (path: readonly PropertyKey[]) => string): string {
  const [key] = issue.code === "unrecognized_keys" ? issue.keys : [];
  return `${lineOf(key === undefined ? issue.path : [...issue.path, key])}: ${issue.path.join(".")}: ${issue.message}`;
}

function hasRange(node: unknown): node is { readonly range: readonly number[] & { readonly 0: number } } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}
