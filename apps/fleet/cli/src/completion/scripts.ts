/** Each shell has a script of its own, made from the table. Names of commands and flags hold nothing that a shell would obey. */

import type { CompletedPlace, OfferedOption } from "./table.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, table: readonly CompletedPlace[]): string {
  return { bash, zsh, fish }[shell](table);
}

/** It needs no package of completions. Where it has nothing to offer, bash completes names of files. */
function bash(table: readonly CompletedPlace[]): string {
  return `# source <(neverstale completion bash)
_neverstale() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" place="" offered="" at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "$place \${COMP_WORDS[at]}" in
${movesOf(table, 6)}
    esac
  done
  case "$place|$before" in
${valueCases(
  table,
  (words) => `offered=${quoted(words.join(" "))}`,
  () => "COMPREPLY=(); return",
)}
    *) case "$place" in
${table.map(({ place, ...rest }) => `      ${quoted(place)}) offered=${quoted(wordsAt(rest).join(" "))} ;;`).join("\n")}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$offered" -- "$current"))
}
complete -o default -F _neverstale neverstale
`;
}

function zsh(table: readonly CompletedPlace[]): string {
  const offered = ({ commands, options }: Omit<CompletedPlace, "place">) =>
    [...commands, ...options]
      .flatMap(({ names, description }) => names.map((name) => `${name.replaceAll(":", "\\:")}:${description}`))
      .map(quoted)
      .join(" ");
  return `#compdef neverstale
# source <(neverstale completion zsh), or put it as _neverstale into a directory of $fpath
_neverstale() {
  local place="" at
  local -a offered
  for ((at = 2; at < CURRENT; at++)); do
    case "$place \${words[at]}" in
${movesOf(table, 6)}
    esac
  done
  case "$place|\${words[CURRENT-1]}" in
${valueCases(
  table,
  (words) => `compadd -- ${words.map(quoted).join(" ")}; return`,
  (kind) => (kind === "text" ? "return" : kind === "file" ? "_files; return" : "_files -/; return"),
)}
  esac
  case "$place" in
${table.map(({ place, ...rest }) => `    ${quoted(place)}) offered=(${offered(rest)}) ;;`).join("\n")}
  esac
  _describe 'neverstale' offered
  _files
}
if [ "$funcstack[1]" = _neverstale ]; then _neverstale "$@"; else compdef _neverstale neverstale; fi
`;
}

function fish(table: readonly CompletedPlace[]): string {
  const lines = table.flatMap(({ place, commands, options }) => {
    const begin = `complete -c neverstale -n ${quoted(`test (__neverstale_place) = ${JSON.stringify(place)}`)}`;
    return [
      ...commands.flatMap(({ names, description }) =>
        names.map((name) => `${begin} -f -a ${quoted(name)} -d ${fishText(description)}`),
      ),
      ...options.map((option) => `${begin} ${fishOption(option)} -d ${fishText(option.description)}`),
    ];
  });
  return `# neverstale completion fish | source
function __neverstale_place
  set -l place ""
  for word in (commandline -opc)[2..-1]
    switch "$place $word"
${movesFor(table)
  .map(({ from, name, to }) => `      case ${quoted(`${from} ${name}`)}\n        set place ${quoted(to)}`)
  .join("\n")}
    end
  end
  echo "$place"
end
${lines.join("\n")}
`;
}

function fishOption({ names, value }: OfferedOption): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(" ");
  if (value === "nothing") return `${flags} -f`;
  if (value === "text") return `${flags} -x`;
  if (value === "file") return `${flags} -r -F`;
  if (value === "directory") return `${flags} -x -a '(__fish_complete_directories)'`;
  return `${flags} -x -a ${quoted(value.join(" "))}`;
}

interface Move {
  readonly from: string;
  readonly name: string;
  readonly to: string;
}

/** A name leads from one place to the next. */
function movesFor(table: readonly CompletedPlace[]): Move[] {
  return table
    .filter(({ place }) => place !== "")
    .map(({ place }) => {
      const names = place.split(" ");
      return { from: names.slice(0, -1).join(" "), name: names.at(-1) ?? "", to: place };
    });
}

function movesOf(table: readonly CompletedPlace[], indent: number): string {
  return movesFor(table)
    .map(({ from, name, to }) => `${" ".repeat(indent)}${quoted(`${from} ${name}`)}) place=${quoted(to)} ;;`)
    .join("\n");
}

/** After an option that takes a value, that value is offered and nothing else. */
function valueCases(
  table: readonly CompletedPlace[],
  choose: (words: readonly string[]) => string,
  other: (kind: "text" | "file" | "directory") => string,
): string {
  const cases = table.flatMap(({ place, options }) =>
    options.flatMap(({ names, value }) => {
      if (value === "nothing") return [];
      const action = typeof value === "string" ? other(value) : choose(value);
      return [`    ${names.map((name) => quoted(`${place}|${name}`)).join(" | ")}) ${action} ;;`];
    }),
  );
  return cases.join("\n");
}

function wordsAt({ commands, options }: Omit<CompletedPlace, "place">): string[] {
  return [...commands, ...options].flatMap(({ names }) => names);
}

/** All three shells take a text in single quotes as it is. In fish a backslash counts as well. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
