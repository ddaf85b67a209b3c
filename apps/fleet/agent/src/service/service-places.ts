/** An installed agent has its files at these places, which are the same on every host. */

export interface ServicePlaces {
  /** It holds the folder `versions`, and `current`, a link to the version that runs. Only root may write to it. */
  readonly program: string;
  /** The credential, the journal and the output of commands. It is the agent's user's alone. */
  readonly data: string;
  /** It holds agent.yaml, which the host's admin writes, and what was installed. */
  readonly settings: string;
  readonly unit: string;
  readonly plist: string;
  /** By this name people call the agent that is installed. Null means that it is called by its path. */
  readonly launcher: string | null;
}

/** `home` is that of a user who installs the agent for himself. Null means the whole host, below the folder `root`. */
export function servicePlaces(root: string, home: string | null): ServicePlaces {
  const below = root.replace(/\/+$/, "");
  const own = home === null ? null : `${below}${home}/.neverstale-agent`;
  return {
    program: own === null ? `${below}/opt/neverstale-agent` : `${own}/program`,
    data: own === null ? `${below}/var/lib/neverstale-agent` : `${own}/data`,
    settings: own === null ? `${below}/etc/neverstale-agent` : `${own}/settings`,
    unit: `${below}/etc/systemd/system/${UNIT_NAME}`,
    plist: `${below}/Library/LaunchDaemons/${PLIST_LABEL}.plist`,
    launcher: own === null ? `${below}/usr/local/bin/neverstale-agent` : null,
  };
}

export const UNIT_NAME = "neverstale-agent.service";
export const PLIST_LABEL = "app.neverstale.agent";

/** Returns the command that runs the agent of the current version. */
export function runCommand({ program, data }: ServicePlaces, run: RunSettings): string[] {
  const { server, allowHttp, ca, config } = run;
  return [
    ...programCommand(program, "current"),
    "run",
    ...["--server", server, "--data-dir", data, "--config", config, "--enroll-token-file", tokenFileIn(data)],
    ...(ca === null ? [] : ["--ca", ca]),
    ...(allowHttp ? ["--allow-http"] : []),
  ];
}

/** A token is kept here for the case that the server doesn't accept the credential any more. */
export function tokenFileIn(data: string): string {
  return `${data}/enroll-token`;
}

/** Returns the program of a version: its own Node.js, and the agent. */
export function programCommand(program: string, version: string): string[] {
  return [`${program}/${version}/node`, `${program}/${version}/neverstale/fleet/agent/dist/main.js`];
}

export interface RunSettings {
  readonly server: string;
  readonly allowHttp: boolean;
  /** This file holds the authority to trust instead of the system's. */
  readonly ca: string | null;
  /** This is the host's agent.yaml. */
  readonly config: string;
}
