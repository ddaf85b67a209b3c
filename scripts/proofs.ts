/** `npm run proofs` runs what takes longer than `npm test` may. */

import { runScript } from "./run.ts";
import { runVitest } from "./test/run-vitest.ts";
import { concludeTests, problem, type TestTally } from "./test/tally.ts";

interface Proof {
  readonly what: string;
  /** It takes so long on two idle cores. */
  readonly minutes: number;
  readonly run: () => Promise<TestTally>;
}

const FLEET = ["tests/nodes/fleet-nodes.proof.test.ts", "tests/nodes/any-node.proof.test.ts"];
const BINDINGS = "tests/bindings/in-chromium.proof.test.ts";
const CLUSTER = "tests/nodes/cluster/cluster.proof.test.ts";
const BROKEN = "packages/sim/src/io/broken/broken.proof.test.ts";
const READERS = "tests/nodes/http-readers.proof.test.ts";
const DEMO = "apps/fleet/cli/src/demo/demo.proof.test.ts";
const RECEIVER = "apps/fleet/cli/src/receiver-away.proof.test.ts";
const PACKAGES = "tests/packages/packages.proof.test.ts";
const FIRST_HOST = "tests/packages/first-host.proof.test.ts";
const DEPLOY = ["container", "caddy", "units"].map((name) => `tests/deploy/${name}.proof.test.ts`);
const OUTPUT = "tests/browser/output.proof.test.ts";
const FIREFOX = "tests/browser/across/firefox.proof.test.ts";
const ACROSS = "tests/browser/across/chromium.proof.test.ts";
const ACCESSIBLE = "tests/browser/shown/axe.proof.test.ts";
const PROMETHEUS = "tests/acceptance/prometheus.proof.test.ts";
/** They have names of their own. */
const APART = [
  ...FLEET,
  ...DEPLOY,
  OUTPUT,
  PROMETHEUS,
  FIREFOX,
  ACROSS,
  ACCESSIBLE,
  BINDINGS,
  CLUSTER,
  READERS,
  DEMO,
  RECEIVER,
  PACKAGES,
  FIRST_HOST,
  BROKEN,
].flatMap((path) => ["--exclude", path]);

const PROOFS: Readonly<Record<string, Proof>> = {
  tests: {
    what: "crash loops, releases that follow each other, callers amid kills, slow readers, liars, all fixed seeds of the simulator, and bounds on time",
    minutes: 17,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", ...APART]),
  },
  bindings: {
    what: "the bindings of all four frameworks in Chromium, by the suite that npm test runs without a browser",
    minutes: 2,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", BINDINGS]),
  },
  "fleet-nodes": {
    what: "the fleet on three nodes and PostgreSQL: dispatches, output, cancellations and agents at any node, pipelines amid kills",
    minutes: 6,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", ...FLEET]),
  },
  cluster: {
    what: "three nodes behind nginx, 3,000 clients, 500 changes a second: the writer is killed ten times, all are restarted in turn",
    minutes: 5,
    // What it finds is printed as it goes.
    run: () => runVitest(["--config", "vitest.proofs.config.ts", "--disableConsoleIntercept=true", CLUSTER]),
  },
  "http-readers": {
    what: "2,000 readers behind a real nginx: what reaches the nodes, what a message costs, and whether all end with the same state",
    minutes: 4,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", READERS]),
  },
  demo: {
    what: "1,000 simulated agents run a pipeline while the server is killed three times: each command ends as it must, and none runs twice",
    minutes: 4,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", DEMO]),
  },
  "receiver-away": {
    what: "the receiver of notifications is away for ten minutes while the server is killed: all arrive in order, none twice",
    minutes: 15,
    // What it counts is printed.
    run: () => runVitest(["--config", "vitest.proofs.config.ts", "--disableConsoleIntercept=true", RECEIVER]),
  },
  "first-host": {
    what: "an empty machine gets to its first op by the README's text alone, with the seconds of each step",
    minutes: 2,
    // The seconds are printed.
    run: () => runVitest(["--config", "vitest.proofs.config.ts", "--disableConsoleIntercept=true", FIRST_HOST]),
  },
  packages: {
    what: "the packages as others get them: packed, installed on two releases of Node, bundled, compiled, the fleet from its tarball, and a new app",
    minutes: 14,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", PACKAGES]),
  },
  deploy: {
    what: "the lines of the Dockerfile, the Caddyfile by a real Caddy before a fleet with TLS, the units by a real systemd",
    minutes: 5,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", ...DEPLOY]),
  },
  output: {
    what: "an output of 100 MB in Chromium: it opens at its end, scrolls with its long tasks counted, and its last line is found",
    minutes: 3,
    // The times and the tasks are printed.
    run: () => runVitest(["--config", "vitest.proofs.config.ts", "--disableConsoleIntercept=true", OUTPUT]),
  },
  prometheus: {
    what: "a real Prometheus takes the metrics of a server and of a node, and answers each expression of the Grafana dashboard",
    minutes: 1,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", PROMETHEUS]),
  },
  across: {
    what: "from a host to the page in Chromium: enrolment, a killed agent, a retry, the age of values, a killed server",
    minutes: 2,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", ACROSS]),
  },
  firefox: {
    what: "the same suite in a stock Firefox, by WebDriver BiDi",
    minutes: 2,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", FIREFOX]),
  },
  accessible: {
    what: "axe looks at every screen and main dialog, light and dark, on a wide screen and on a phone",
    minutes: 4,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", ACCESSIBLE]),
  },
  broken: {
    what: "every broken build of the simulator, caught under its rule",
    minutes: 3,
    run: () => runVitest(["--config", "vitest.proofs.config.ts", BROKEN]),
  },
  faults: {
    what: "real processes, disks and networks: killed, cut off, filled up, slowed down, damaged",
    minutes: 9,
    run: () => script("tests/faults/all.ts", "process", "disk", "network"),
  },
  "database-faults": {
    what: "three nodes on a real PostgreSQL: killed, stopped, cut off, failed over with and without the tail, full, with wrong clocks",
    minutes: 8,
    run: () => script("tests/faults/all.ts", "database"),
  },
  simulator: {
    what: "10,000 seeds of the simulator",
    minutes: 28,
    run: () => script("packages/sim/src/io/main.ts", "--runs", "10000"),
  },
  model: {
    what: "the protocol's rules and those of many nodes, every interleaving",
    minutes: 7,
    run: () => script("scripts/model.ts"),
  },
  "many-hosts": {
    what: "10,000 simulated agents report to one server for ten minutes: CPU, memory, and the time from a report to a dashboard",
    minutes: 18,
    run: () => script("tests/fleet/many-hosts.ts"),
  },
  soak: {
    what: "20,000 records that all move every second, for ten minutes",
    minutes: 11,
    run: () => script("tests/engine/soak.ts"),
  },
};

/**
 * `npm run proofs -- simulator soak` runs those two alone. The machine should have nothing else to do, because some of the
 * proofs measure time.
 */
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PROOFS, name));
if (unknown.length > 0)
  throw new Error(`no proof named ${unknown.join(", ")}: there are ${Object.keys(PROOFS).join(", ")}`);

const chosen = Object.entries(PROOFS).filter(([name]) => asked.length === 0 || asked.includes(name));
const minutes = chosen.reduce((sum, [, proof]) => sum + proof.minutes, 0);
console.log(`${chosen.length} proofs, about ${minutes} min on two idle cores`);
const tallies: TestTally[] = [];
for (const [index, [name, proof]] of chosen.entries()) {
  console.log(`\n${name}, ${index + 1} of ${chosen.length}, about ${proof.minutes} min: ${proof.what}`);
  tallies.push(await proof.run());
}
concludeTests(tallies);

/** It runs a script that tells by its exit code. */
async function script(path: string, ...args: string[]): Promise<TestTally> {
  const exitCode = await runScript(path, args, { NODE_OPTIONS: "--conditions=source" });
  return exitCode === 0 ? { passed: 1, failed: 0 } : problem(`${path} ended with exit code ${exitCode}`);
}
