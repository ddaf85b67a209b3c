import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { launchdPlist } from "./launchd-plist.ts";
import { runCommand, servicePlaces } from "./service-places.ts";
import { systemdUnit } from "./systemd-unit.ts";

/** A text that is no XML is refused with an error. */
const { JSDOM }: XmlParser = createRequire(import.meta.url)("jsdom");

interface XmlParser {
  readonly JSDOM: new (text: string, options: { readonly contentType: "text/xml" }) => { readonly window: XmlWindow };
}

interface XmlWindow {
  readonly document: { querySelectorAll(selector: string): Iterable<{ readonly textContent: string }> };
}

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-unit-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

const AWKWARD = [
  "run",
  "--server",
  "https://fleet.example.org/a%20b/?x=$HOME&y=<z>",
  "--config",
  '/etc/my "own" agent.yaml',
];

/** A system without systemd has no such program: then nothing is found, as where all is well. */
function problemsOf(unit: string): string {
  const path = join(directory, "neverstale-agent.service");
  writeFileSync(path, unit);
  const { error, status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", path], { encoding: "utf8" });
  if (error !== undefined && "code" in error && error.code === "ENOENT") return "";
  return status === 0
    ? stderr
        .split("\n")
        .filter((line) => line.includes("neverstale"))
        .join("\n")
    : `${status} ${stderr}`;
}

test("[C41] the unit runs the agent as a user of its own without privileges, and systemd finds nothing wrong with it", () => {
  const options = { user: "neverstale", dataDir: "/var/lib/neverstale-agent", finalStatuses: [2, 4] };

  const unit = systemdUnit({ ...options, command: [process.execPath, ...AWKWARD] });

  expect(problemsOf(unit)).toBe("");
  expect(unit).toContain("\nUser=neverstale\n");
  for (const line of ["NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "KillMode=process"])
    expect(unit.split("\n")).toContain(line);
  expect(unit).toContain(`"https://fleet.example.org/a%%20b/?x=$$HOME&y=<z>" --config "/etc/my \\"own\\" agent.yaml"`);
});

test("the property list is XML, and has the command word by word", () => {
  const command = ["/opt/node", ...AWKWARD];

  const text = launchdPlist({ label: "app.neverstale.agent", command, user: "somebody", logFile: "/tmp/a & b.log" });

  const { document } = new JSDOM(text, { contentType: "text/xml" }).window;
  const textsOf = (selector: string) => Array.from(document.querySelectorAll(selector), (node) => node.textContent);
  expect(textsOf("array > string")).toEqual(command);
  expect(textsOf("dict > key")).toContain("UserName");
  expect(textsOf("dict > string")).toEqual(["app.neverstale.agent", "somebody", "/tmp/a & b.log"]);
});

test("a user who installs it for himself has all of it in his home", () => {
  const own = servicePlaces("/", "/home/ada");
  const run = {
    server: "https://fleet.example.org/",
    allowHttp: false,
    ca: null,
    config: `${own.settings}/agent.yaml`,
  };

  expect(own).toMatchObject({ program: "/home/ada/.neverstale-agent/program", launcher: null });
  expect(runCommand(own, run).join(" ")).toBe(
    "/home/ada/.neverstale-agent/program/current/node /home/ada/.neverstale-agent/program/current/neverstale/fleet/agent/dist/main.js" +
      " run --server https://fleet.example.org/ --data-dir /home/ada/.neverstale-agent/data" +
      " --config /home/ada/.neverstale-agent/settings/agent.yaml" +
      " --enroll-token-file /home/ada/.neverstale-agent/data/enroll-token",
  );
});
