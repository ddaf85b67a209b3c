/** The enrol command is run on another machine: it fetches the server's agent, checks it, enrols and starts. */

/** So many hosts may enrol with one token. */
export const MAX_TOKEN_USES = 10_000;

/**
 * The token in the command is good for the hosts that it was made for, and for an hour at most. The hash comes to the machine by the
 * hand of a person, so that nobody on the way, and nobody at the server's address, can put another program in the place of this one.
 */
export function enrollCommand(server: URL, token: string, sha256: string): string {
  const address = server.href.replace(/\/$/, "");
  const insecure = server.protocol === "http:" && !isLoopback(server) ? " --allow-http" : "";
  const steps = [
    'cd "$(mktemp -d)"',
    `curl -fsSL --retry 5 -o neverstale.tgz ${quoted(`${address}/agent/neverstale.tgz`)}`,
    `echo '${sha256}  neverstale.tgz' | ${CHECK}`,
    "tar -xzf neverstale.tgz",
    `sh neverstale/setup.sh --server ${quoted(address)}${insecure} --enroll-token ${quoted(token)}`,
  ];
  return `(${steps.join(" && ")})`;
}

/** Linux has the one program, and older macOS the other. */
const CHECK = "(sha256sum -c - 2>/dev/null || shasum -a 256 -c -)";

/** Returns what people must know before they copy the command. */
export function enrollCautions(server: URL): string[] {
  if (isLoopback(server))
    return [
      `only this machine finds ${server.host}: for others open the page at the server's own address, or give that with --server`,
    ];
  if (server.protocol === "http:")
    return ["over http the agent's credential travels in the clear: only on a network that you trust"];
  return [];
}

function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/** A shell reads the command. */
function quoted(text: string): string {
  return /^[\w.:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
