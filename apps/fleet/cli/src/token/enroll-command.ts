/** The enrol command is run on another machine, so that its agent enrols. */

/** The token in the command is good for the hosts that it was made for, and for an hour at most. */
export function enrollCommand(server: URL, token: string): string {
  const address = server.href.replace(/\/$/, "");
  const insecure = server.protocol === "http:" && !isLoopback(server) ? " --allow-http" : "";
  return `npx neverstale agent --server ${quoted(address)}${insecure} --enroll-token ${quoted(token)}`;
}

/** Returns what people must know before they copy the command. */
export function enrollCautions(server: URL): string[] {
  if (isLoopback(server))
    return [`only this machine finds ${server.host}: give the server's own address with --server`];
  if (server.protocol === "http:")
    return ["over http the agent's credential travels in the clear: only on a network that you trust"];
  return [];
}

function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/** A shell reads the command. */
function quoted(text: string): string {
  return /^[\w.:/@%+=[\]-]+$/.test(text) && !/[[\]]/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
