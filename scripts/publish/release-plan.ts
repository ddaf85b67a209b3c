/** A release is decided here, before anything is done. */

export interface ReleaseFlags {
  /** Without it nothing leaves this machine, and no file of the repository is altered. */
  readonly publish: boolean;
  /** The registry is given proof of which commit and which workflow a package was built from. */
  readonly provenance: boolean;
  /** It is the name under which the registry offers the version. */
  readonly tag: string;
  readonly otp: string | null;
  readonly repository: string | null;
}

/** Provenance is signed by a workflow that can prove its identity, so it is the default there, and refused elsewhere by npm. */
export function readReleaseFlags(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ReleaseFlags | { readonly misread: string } {
  const provenance = ["ACTIONS_ID_TOKEN_REQUEST_URL", "SIGSTORE_ID_TOKEN"].some((name) => (env[name] ?? "") !== "");
  let flags: ReleaseFlags = { publish: false, provenance, tag: "latest", otp: null, repository: null };
  const rest = [...args];
  while (rest.length > 0) {
    const arg = rest.shift() ?? "";
    if (arg === "--publish") flags = { ...flags, publish: true };
    else if (arg === "--provenance") flags = { ...flags, provenance: true };
    else if (arg === "--no-provenance") flags = { ...flags, provenance: false };
    else if (arg === "--tag") flags = { ...flags, tag: rest.shift() ?? "" };
    else if (arg === "--otp") flags = { ...flags, otp: rest.shift() ?? "" };
    else if (arg === "--repository") flags = { ...flags, repository: repositoryOf(rest.shift()) };
    else return { misread: `there is no option ${arg}: ${USAGE}` };
  }
  return flags.tag === "" || flags.otp === "" ? { misread: USAGE } : flags;
}

const USAGE = "npm run release -- [--publish] [--tag NAME] [--otp CODE] [--repository https://...] [--[no-]provenance]";

/** It takes what a package.json may say of a repository, and returns the address for browsers, or null. */
export function repositoryOf(field: unknown): string | null {
  const text = typeof field === "object" && field !== null && "url" in field ? field.url : field;
  const found = typeof text === "string" ? /^(?:git\+)?(https:\/\/[^\s]+?)(?:\.git)?\/?$/.exec(text) : null;
  return found?.[1] ?? null;
}

export function publishCommand(tarball: string, { publish, provenance, tag, otp }: ReleaseFlags): string[] {
  const flags = ["--access", "public", "--tag", tag];
  if (otp !== null) flags.push("--otp", otp);
  if (provenance) flags.push("--provenance");
  if (!publish) flags.push("--dry-run");
  return ["publish", tarball, ...flags];
}
