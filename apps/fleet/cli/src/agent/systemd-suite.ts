/** A stand-in for systemd starts what the unit below a folder says, as systemd would below `/`, without touching this machine. */

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export class SystemdBelow {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    mkdirSync(join(root, "run/systemd/system"), { recursive: true });
    mkdirSync(this.programs);
    writeFileSync(join(this.programs, "systemctl"), SYSTEMCTL.replaceAll("ROOT", root));
    chmodSync(join(this.programs, "systemctl"), 0o755);
  }

  /** This goes before all else in PATH. */
  get programs(): string {
    return join(this.root, "programs");
  }

  /** It was called with these arguments, one line for each call. */
  get calls(): string {
    return this.#text("calls");
  }

  get journal(): string {
    return this.#text("journal");
  }

  get unit(): string {
    return this.#text("etc/systemd/system/neverstale-agent.service");
  }

  #text(name: string): string {
    const path = join(this.root, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }
}

const SYSTEMCTL = `#!/bin/sh
echo "$@" >> ROOT/calls
stop() {
  [ -f ROOT/pid ] && kill "$(cat ROOT/pid)" 2>/dev/null && while kill -0 "$(cat ROOT/pid)" 2>/dev/null; do sleep 0.05; done
  rm -f ROOT/pid
}
case "$1" in
  restart)
    stop
    command=$(sed -n 's/^ExecStart=//p' ROOT/etc/systemd/system/neverstale-agent.service | sed -E 's#(^| )/(opt|var|etc)/#\\1ROOT/\\2/#g')
    sh -c "exec setsid $command" < /dev/null >> ROOT/journal 2>&1 &
    echo $! > ROOT/pid
    ;;
  disable) stop ;;
esac
exit 0
`;
