#!/bin/sh
# This installs the agent of this package on a machine that need not have Node.js. It is run beside the package:
#   sh neverstale/setup.sh --server https://fleet.example.org --enroll-token TOKEN
# Its flags are those of `neverstale agent install` (--help).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
main="$here/fleet/agent/dist/main.js"

fail() {
  echo "neverstale: $1" >&2
  exit 1
}

# The value of --server, in whichever way it is given.
server=""
before=""
for word in "$@"; do
  [ "$before" = "--server" ] && server="$word"
  case "$word" in --server=*) server="${word#--server=}" ;; esac
  before="$word"
done

is_new_enough() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 18) ? 0 : 1)' \
    2>/dev/null
}

kind() {
  case "$(uname -s)" in Linux) system=linux ;; Darwin) system=darwin ;; *) system=other ;; esac
  case "$(uname -m)" in x86_64 | amd64) cpu=x64 ;; aarch64 | arm64) cpu=arm64 ;; *) cpu=other ;; esac
  echo "$system-$cpu"
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

install_node="Install Node.js 22.18 or newer on this machine (https://nodejs.org/en/download), and run the command again."

# The server hands out its own Node.js for machines like itself. Its hash is part of this package, whose own hash was checked.
fetch_node() {
  wanted=$(sed -n "s/^$1 //p" "$here/nodes.txt")
  [ -n "$wanted" ] || fail "there is no Node.js 22.18 here, and the server has none for $1. $install_node"
  [ -n "$server" ] || fail "there is no Node.js 22.18 here, and without --server none can be fetched. $install_node"
  echo "neverstale: fetching Node.js for $1 from the server ..." >&2
  curl -fsSL --retry 5 -o "$here/node.gz" "${server%/}/agent/node/$1.gz" || fail "it can't be fetched. $install_node"
  gunzip -f "$here/node.gz"
  [ "$(sha256 "$here/node")" = "$wanted" ] || fail "what the server sent is not the Node.js that this package names."
  chmod 755 "$here/node"
  is_new_enough "$here/node" || fail "the server's Node.js doesn't run on this machine. $install_node"
}

node=$(command -v node || true)
if [ -z "$node" ] || ! is_new_enough "$node"; then
  node="$here/node"
  [ -x "$node" ] || fetch_node "$(kind)"
fi

# The package that this was unpacked from is what is installed.
package="$here/../neverstale.tgz"
[ -f "$package" ] && set -- --package "$package" "$@"

# Whoever may install a service has the agent run as one, and is asked for a password where sudo wants one.
as_root=""
if [ "$(id -u)" != 0 ] && { [ -d /run/systemd/system ] || [ "$(uname -s)" = Darwin ]; }; then
  case " $* " in
    *" --no-service "* | *" --root "* | *" --help "* | *" --version "*) ;;
    *)
      command -v sudo >/dev/null 2>&1 || fail "a service is installed by root, and there is no sudo. Give --no-service to run the agent as yourself."
      echo "neverstale: installing the service with sudo" >&2
      as_root=sudo
      ;;
  esac
fi

exec $as_root "$node" "$main" install "$@"
