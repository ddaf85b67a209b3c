import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { runs } from "@neverstale/base/test-processes";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../fleet-process-suite.ts";
import { endsOf, type StartEnd } from "./failing-starts-suite.ts";
import { answers, type ServeSettings, Serving } from "./serve-process-suite.ts";

const serving = new Serving();
afterEach(() => serving.dispose());

async function portInUse(): Promise<{ readonly port: string; readonly free: () => void }> {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const address = other.address();
  return { port: String(typeof address === "object" ? address?.port : ""), free: () => other.close() };
}

describe("a start that fails ends with status 1 and says what to do", () => {
  const flags =
    (...given: string[]) =>
    async () => ({ flags: given });
  const failures: [string, () => Promise<ServeSettings>, RegExp, RegExp][] = [
    [
      "a short password",
      async () => ({ variables: { NEVERSTALE_ADMIN_PASSWORD: "short" } }),
      /15 characters or more/,
      /one-time sign-in link/,
    ],
    [
      "a password file that is not there",
      flags("--admin-password-file", "/nowhere/at all"),
      /can't be read/,
      /--admin-password-file/,
    ],
    [
      "a password that nobody could sign in with, as it is longer than is asked for",
      async () => ({ variables: { NEVERSTALE_ADMIN_PASSWORD: "long ".repeat(201) } }),
      /1000 are the most/,
      /one-time sign-in link/,
    ],
    [
      "a password of spaces",
      async () => ({ variables: { NEVERSTALE_ADMIN_PASSWORD: " ".repeat(20) } }),
      /one character again and again/,
      /one-time sign-in link/,
    ],
    ["an empty password file", async () => ({ flags: ["--admin-password-file", emptyFile()] }), /is empty/, /into it/],
    [
      "an address of another machine",
      flags("--host", "192.0.2.1", "--insecure-http", "--allowed-origin", "https://x.example"),
      /no address of this/,
      /--host/,
    ],
    ["an origin that is none", flags("--allowed-origin", "nonsense"), /is no origin/, /https:/],
    ["a proxy that is none", flags("--trusted-proxy", "nonsense"), /is no address of a proxy/, /10\.0\.0\.1/],
    ["a store that is none", flags("--store", "mysql://db.example/fleet"), /PostgreSQL/, /Leave it out/],
    ["a node without a store to share", flags("--node-address", "http://10.0.0.5:8080"), /share a store/, /--store/],
    [
      "a node that nobody could reach",
      flags(
        "--store",
        "postgres://db.example/fleet",
        "--host",
        "0.0.0.0",
        "--insecure-http",
        "--allowed-origin",
        "https://x.example",
      ),
      /where the other nodes reach it/,
      /--node-address/,
    ],
    [
      "a node at an address that is none",
      flags("--store", "postgres://db.example/fleet", "--node-address", "10.0.0.5:8080"),
      /is no address of a node/,
      /http:/,
    ],
    [
      "a data directory where nothing can be made",
      flags("--data-dir", "/proc/nowhere/data"),
      /nothing can be written|may not make/,
      /--data-dir/,
    ],
    ["a data directory that is a file", flags("--data-dir", import.meta.filename), /is a file/, /--data-dir/],
    [
      "a data directory below a file",
      flags("--data-dir", join(import.meta.filename, "data")),
      /is a file/,
      /--data-dir/,
    ],
    ["a database that is a directory", async () => withDatabase((path) => mkdirSync(path)), /fleet\.db/, /\n/],
    [
      "a database that is no database",
      async () => withDatabase((path) => writeFileSync(path, "garbage ".repeat(1000), { mode: 0o600 })),
      /fleet\.db/,
      /\n/,
    ],
  ];

  function emptyFile(): string {
    const path = join(serving.directory(), "password");
    writeFileSync(path, "\n");
    return path;
  }

  function withDatabase(make: (path: string) => void): ServeSettings {
    const directory = serving.directory();
    make(join(directory, "fleet.db"));
    return { flags: ["--data-dir", directory] };
  }

  const ends = new Map<string, StartEnd>();
  beforeAll(async () => {
    const cases = failures.map(async ([, settings]) => {
      const { flags = [], variables = {} } = await settings();
      return { flags: [...serving.own(), ...flags], variables };
    });
    for (const [index, end] of endsOf(await Promise.all(cases)).entries()) ends.set(failures[index]?.[0] ?? "", end);
  });

  test.each(failures)("%s", (name, _settings, message, hint) => {
    const { status, err } = ends.get(name) ?? { status: null, err: "" };

    expect(status).toBe(1);
    expect(err).toMatch(/^neverstale: /m);
    expect(err).toMatch(message);
    expect(err).toMatch(hint);
    expect(err).not.toMatch(/^\s+at /m);
  });

  test("a port that is in use", async () => {
    const { port, free } = await portInUse();

    const started = serving.serve({ flags: ["--port", port] });
    const status = await started.end();
    free();

    expect(status).toBe(1);
    expect(started.err).toMatch(new RegExp(`another program listens on port ${port}`));
    expect(started.err).toContain("--port 0");
  });

  test("a data directory that another server works on", async () => {
    const dataDir = serving.directory();
    const first = serving.serve({ flags: ["--data-dir", dataDir] });
    const address = await first.listening();

    const second = serving.serve({ flags: ["--data-dir", dataDir] });

    expect(await second.end()).toBe(1);
    expect(second.err).toMatch(new RegExp(`process ${first.child.pid} works on`));
    expect(await answers(address)).toBe(true);
  });
});

describe("settings", () => {
  test("those that nobody can mean are refused by status 2, and are named", () => {
    const refused = [
      ["--beacon-interval", "1000h"],
      ["--host", ""],
      ["--data-dir", ""],
    ];

    const ends = endsOf(refused.map((flags) => ({ flags, variables: {} })));

    expect(ends).toEqual([
      { status: 2, err: expect.stringContaining("100ms to 1h") },
      { status: 2, err: expect.stringMatching(/--host .*It is empty/) },
      { status: 2, err: expect.stringMatching(/--data-dir .*It is empty/) },
    ]);
  });

  test("an empty variable is one that is not set, and an IPv6 address may stand in brackets", async () => {
    const names = [
      "HOST",
      "SYNC_BEACON_INTERVAL",
      "INIT_EVENT_LIMIT",
      "ALLOWED_ORIGINS",
      "BASE_PATH",
      "ADMIN_PASSWORD",
    ];
    const variables = Object.fromEntries(names.map((name) => [`NEVERSTALE_${name}`, ""]));

    const plain = serving.serve({ variables });
    const brackets = serving.serve({ variables, flags: ["--host", "[::1]"] });

    expect(await plain.listening()).toMatch(/^http:\/\/127\.0\.0\.1:/);
    expect(await brackets.listening()).toMatch(/^http:\/\/\[::1\]:/);
  });
});

test("a database that was not closed and has lost its log is served only when that is asked for", async () => {
  const dataDir = serving.directory();
  const killed = serving.serve({ flags: ["--data-dir", dataDir] });
  await killed.listening();
  killed.child.kill("SIGKILL");
  await killed.end();
  rmSync(join(dataDir, "fleet.db-wal"));

  const refused = serving.serve({ flags: ["--data-dir", dataDir] });
  expect(await refused.end()).toBe(1);
  expect(refused.err).toMatch(/--accept-lost-log/);

  const accepted = serving.serve({ flags: ["--data-dir", dataDir, "--accept-lost-log"] });
  expect(await answers(await accepted.listening())).toBe(true);
});

describe("the end of whoever started it", () => {
  const npmStart = (...flags: string[]): ServeSettings => ({ command: ["npm", "start", "--", ...flags] });

  test.each(["SIGTERM", "SIGKILL"] as const)("npm that is ended by %s takes the server with it", async (signal) => {
    const npm = serving.serve(npmStart());
    const address = await npm.listening();

    npm.child.kill(signal);
    await eventually(async () => !(await answers(address)));

    await npm.end();
    await eventually(() => serversOf(address).length === 0);
  });

  test("a shell between npm and the server that is killed alone takes it with it", async () => {
    const shell = serving.serve({
      command: [
        "sh",
        "-c",
        `${process.execPath} --conditions=source apps/fleet/cli/src/main.ts serve "$@"; true`,
        "sh",
      ],
      variables: { npm_lifecycle_event: "start" },
    });
    const address = await shell.listening();

    shell.child.kill("SIGKILL");

    await eventually(async () => !(await answers(address)));
  });

  test("one that nobody's script started lives on without its parent", async () => {
    const shell = serving.serve({
      command: [
        "sh",
        "-c",
        `${process.execPath} --conditions=source apps/fleet/cli/src/main.ts serve "$@" & echo "server $!"; wait`,
        "sh",
      ],
    });
    const address = await shell.listening();
    const pid = Number(/server (\d+)/.exec(shell.out)?.[1]);

    shell.child.kill("SIGKILL");
    await shell.end();
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // Three looks of one that watches its parent.

    const isUp = await answers(address);
    process.kill(pid, "SIGTERM");
    expect(isUp).toBe(true);
    await eventually(() => !runs(pid));
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s drains, also when it comes twice", async (signal) => {
    const started = serving.serve();
    await started.listening();

    started.child.kill(signal);
    started.child.kill(signal);

    expect(await started.end()).toBe(0);
  });

  test("SIGHUP has fleet.yaml read again where no terminal sends it, and what is wrong is in the log with its line", async () => {
    const dataDir = serving.directory();
    const started = serving.start({ flags: ["--port", "0", "--data-dir", dataDir, "--no-local-agent"] });
    const address = await started.listening();

    writeFileSync(join(dataDir, "fleet.yaml"), "pipelines:\n  mine: { stage: [uptime] }");
    started.child.kill("SIGHUP");
    await eventually(() => started.err.includes("line 2: pipelines.mine"));
    expect(await answers(address)).toBe(true);
    started.child.kill("SIGTERM");
    expect(await started.end()).toBe(0);
  });

  test("a server that nohup started does not end when its terminal does", async () => {
    const started = serving.serve({ variables: { _: "/usr/bin/nohup" } });
    const address = await started.listening();

    started.child.kill("SIGHUP");
    await answers(address);

    expect(await answers(address)).toBe(true);
    started.child.kill("SIGTERM");
    expect(await started.end()).toBe(0);
  });
});

describe("the admin's password", () => {
  const PASSWORD = "a password that nobody may see";

  test.each(["variable", "file"])(
    "[C46] the admin's password given by a %s signs in, and is in no environment or argument of the agent",
    async (way) => {
      const dataDir = serving.directory();
      const file = join(serving.directory(), "password");
      writeFileSync(file, `${PASSWORD}\n`, { mode: 0o600 });
      const given =
        way === "file"
          ? { flags: ["--admin-password-file", file] }
          : { variables: { NEVERSTALE_ADMIN_PASSWORD: PASSWORD } };
      const flags = ["--port", "0", "--data-dir", dataDir, ...(given.flags ?? [])];
      const started = serving.start({ ...given, flags });
      const address = await started.listening();

      const signedIn = await fetch(`${address}/api/login`, {
        method: "POST",
        headers: { origin: address, "content-type": "application/json" },
        body: JSON.stringify({ username: "admin", password: PASSWORD }),
      });
      let agents: number[] = [];
      await eventually(() => {
        agents = processes().filter((pid) => pid !== started.child.pid && read(pid, "cmdline").includes(dataDir));
        return agents.length > 0;
      });

      expect(signedIn.status).toBe(200);
      for (const pid of agents) expect(read(pid, "environ") + read(pid, "cmdline")).not.toContain(PASSWORD);
      started.child.kill("SIGTERM");
      await started.end();
    },
  );
});

describe("a server below a path", () => {
  const PASSWORD = "a password of the admin";

  test("is followed by the command line at its whole address", async () => {
    const variables = { NEVERSTALE_ADMIN_PASSWORD: PASSWORD, NEVERSTALE_BASE_PATH: "/tools/fleet" };
    const started = serving.serve({ variables });
    const address = await started.listening();

    const verified = serving.start({
      command: [process.execPath, "--conditions=source", "apps/fleet/cli/src/main.ts"],
      flags: ["verify", `${address}/tools/fleet`, "--seconds", "0"],
      variables: { NEVERSTALE_PASSWORD: PASSWORD },
    });

    expect([await verified.end(), verified.err]).toEqual([0, ""]);
  });
});

function processes(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function read(pid: number, name: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return ""; // It has ended.
  }
}

function serversOf(address: string): number[] {
  const { port } = new URL(address);
  return processes().filter((pid) => read(pid, "cmdline").split("\0").includes(port));
}
