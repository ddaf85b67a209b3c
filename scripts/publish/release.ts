/** `npm run release` packs what would be published, and `npm run release -- --publish` is the release: docs/RELEASING.md. */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "../run.ts";
import { npm, type Packed, packAll } from "./pack.ts";
import { publishedPackages } from "./published-packages.ts";
import { publishCommand, type ReleaseFlags, readReleaseFlags, repositoryOf } from "./release-plan.ts";

const FOLDER = join(ROOT, ".cache/release");

const flags = readReleaseFlags(process.argv.slice(2), process.env);
if ("misread" in flags) {
  console.error(flags.misread);
  process.exit(2);
}
await release(flags);

async function release(asked: ReleaseFlags): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const repository = asked.repository ?? repositoryOf(manifest.repository);
  if (asked.publish) await makeReady(repository);
  else await must("changeset", ["status"]);
  const packed = await packAll(FOLDER, { root: ROOT, repository });
  await writeSbom(packed);
  for (const one of packed) await publish(one, asked);
  if (asked.publish) await must("git", ["tag", `v${versionNow()}`]);
  console.log(closingWords(packed, asked, repository));
}

/** It throws, and has changed nothing, where something would be published that nobody can look up later. */
async function makeReady(repository: string | null): Promise<void> {
  if (repository === null)
    throw new Error(
      "nobody could find the sources: name the repository in the root's package.json, or by --repository URL",
    );
  if (execFileSync("git", ["status", "--porcelain"], { cwd: ROOT, encoding: "utf8" }) !== "")
    throw new Error("there are changes that are not committed");
  await npm(["whoami"], ROOT);
  await must("changeset", ["version"]);
  await must("npm", ["install", "--package-lock-only", "--ignore-scripts"]);
  await must("npm", ["run", "format"]);
  if (execFileSync("git", ["status", "--porcelain"], { cwd: ROOT, encoding: "utf8" }) === "") return; // It is a second try.
  await must("git", ["add", "--all"]);
  await must("git", [
    "commit",
    "--message",
    `Version ${versionNow()}: its changes are told in the changelogs of the packages.`,
  ]);
}

function versionNow(): string {
  return publishedPackages(ROOT)[0]?.manifest.version ?? "";
}

/** It lists all that comes with the packages when somebody installs them today. It fails where they do not fit together. */
async function writeSbom(packed: readonly Packed[]): Promise<void> {
  const folder = join(FOLDER, "installed");
  mkdirSync(folder, { recursive: true });
  const dependencies = Object.fromEntries(packed.map(({ pkg, tarball }) => [pkg.manifest.name, `file:${tarball}`]));
  const manifest = { name: "neverstale-release", version: versionNow(), private: true, dependencies };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  await npm(["install", "--package-lock-only", "--ignore-scripts", "--no-audit"], folder);
  const { stdout } = await npm(["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"], folder);
  writeFileSync(join(FOLDER, "sbom.cdx.json"), stdout);
}

/** It passes over what a release that was broken off has published already. */
async function publish({ pkg, tarball }: Packed, asked: ReleaseFlags): Promise<void> {
  const { name, version } = pkg.manifest;
  if (await isPublished(`${name}@${version}`)) return console.log(`${name} ${version} is published already`);
  await must("npm", publishCommand(tarball, asked));
}

async function isPublished(spec: string): Promise<boolean> {
  const answer = await npm(["view", spec, "version", "--loglevel=error"], ROOT).catch((error: { stderr?: string }) => {
    if (error.stderr?.includes("E404") === true) return { stdout: "" };
    throw error;
  });
  return answer.stdout.trim() !== "";
}

async function must(command: string, args: readonly string[]): Promise<void> {
  console.log(`$ ${command} ${args.join(" ")}`);
  const path =
    command === "changeset" ? [process.execPath, join(ROOT, "node_modules/@changesets/cli/bin.js")] : [command];
  const [executable = "", ...before] = path;
  if ((await run(executable, [...before, ...args])) !== 0) throw new Error(`${command} ${args.join(" ")} has failed`);
}

function closingWords(packed: readonly Packed[], { publish: isReal }: ReleaseFlags, repository: string | null): string {
  const names = packed.map(({ pkg }) => pkg.manifest.name).join(", ");
  if (isReal) return `published ${names} ${versionNow()}. Push the commit and its tag.`;
  const lacks = repository === null ? " A real one needs the address of the repository." : "";
  return `a dry run of ${names}: nothing was published. The tarballs and their SBOM are in ${FOLDER}.${lacks}`;
}
