/** The systemd unit runs the agent as a user of its own, which may write to its data and nowhere else. */

export interface UnitOptions {
  readonly command: readonly string[];
  readonly user: string;
  readonly dataDir: string;
  /** Starting the agent again is of no use after these. */
  readonly finalStatuses: readonly number[];
}

export function systemdUnit({ command, user, dataDir, finalStatuses }: UnitOptions): string {
  return `# neverstale agent install has written this file, and writes it anew. Put what is yours into a file beside it:
# systemctl edit neverstale-agent. An op that writes elsewhere than in ${dataDir} needs there, for example:
#   [Service]
#   ReadWritePaths=/srv/app
# An op that calls sudo needs NoNewPrivileges=no and RestrictSUIDSGID=no, and what sudo itself may do.

[Unit]
Description=Neverstale agent
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=${command.map(unitWord).join(" ")}
User=${user}
Restart=always
RestartSec=2
RestartPreventExitStatus=${finalStatuses.join(" ")}
# Commands outlive the agent, and the next agent finds what became of them.
KillMode=process
# The agent makes a control group for each command, by which nothing of it outlives a stop or a timeout.
Delegate=yes
UMask=0077
ReadWritePaths=${unitWord(dataDir)}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
LockPersonality=yes
CapabilityBoundingSet=
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`;
}

/** systemd reads quotes, backslashes, `%` and `$` in a word. */
function unitWord(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w./:@%=+,-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}
