/** The arguments are what somebody has written behind `npm create neverstale`. */

export interface Arguments {
  /** It is null where nobody has said one. */
  readonly folder: string | null;
  readonly template: string | null;
  readonly install: boolean;
}

/** `templates` are the names of those that there are. */
export function readArguments(args: readonly string[], templates: readonly string[]): Arguments | Misread {
  let read: Arguments = { folder: null, template: null, install: true };
  const rest = args.flatMap((arg) =>
    /^--template=/.test(arg) ? ["--template", arg.slice("--template=".length)] : [arg],
  );
  while (rest.length > 0) {
    const arg = rest.shift() ?? "";
    if (arg === "--help" || arg === "-h") return { misread: null };
    if (arg === "--no-install") read = { ...read, install: false };
    else if (arg === "--template") read = { ...read, template: rest.shift() ?? "" };
    else if (arg.startsWith("-")) return { misread: `there is no option ${arg}` };
    else if (read.folder !== null) return { misread: "one app is made at a time" };
    else read = { ...read, folder: arg };
  }
  if (read.template !== null && !templates.includes(read.template))
    return { misread: `there is no template "${read.template}": there are ${templates.join(", ")}` };
  return read;
}

/** It says what is wrong. With null somebody has asked for help. */
export interface Misread {
  readonly misread: string | null;
}

export function helpText(templates: readonly string[]): string {
  return `Makes a new app whose pages all show one state, and edit it.

  npm create neverstale [folder] -- [options]

The folder is made, or must be empty. Without one the app is made here, if nothing is here yet.

  --template NAME   ${templates.join(", ")}
  --no-install      install nothing
  --help            this text`;
}
