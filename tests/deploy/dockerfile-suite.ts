/** A Dockerfile is read here, instruction by instruction. */

import { DockerfileParser } from "dockerfile-ast";

interface DockerInstruction {
  readonly name: string;
  /** It stands behind the name, on one line. */
  readonly words: string;
}

export interface DockerInstructions {
  readonly all: readonly DockerInstruction[];
  /** It returns the words of the last instruction of that name. */
  last(name: string): string | undefined;
}

export function instructionsOf(text: string): DockerInstructions {
  const all = DockerfileParser.parse(text)
    .getInstructions()
    .map((each) => ({ name: each.getKeyword(), words: each.getArgumentsContent() ?? "" }));
  return { all, last: (name) => all.findLast((each) => each.name === name)?.words };
}
