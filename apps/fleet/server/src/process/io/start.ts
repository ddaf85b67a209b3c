/** The server starts here: it checks its settings, opens its data, puts its parts together, and listens. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_BEACON_MS } from "@neverstale/protocol";
import { pino } from "pino";
import { carryOutReset, noteAddress, watchForResets } from "../../accounts/io/admin-reset.ts";
import { openServerKey, ServerKey } from "../../accounts/io/server-key.ts";
import { startAuditRounds } from "../../audit/io/audit-rounds.ts";
import { startErasureRounds } from "../../erasures/io/erasure-rounds.ts";
import { decidesHere, type FleetManager } from "../../fleet/state.ts";
import { addressOf, ownOrigins } from "../../http/origins.ts";
import { startMetricRounds } from "../../metrics/io/metric-rounds.ts";
import { fleetNodes, portOf } from "../../nodes/io/fleet-nodes.ts";
import { foundKey } from "../../nodes/io/found-key.ts";
import { noteKeyInLaterTerms, requireOneKey } from "../../nodes/io/one-key.ts";
import { listenFailure } from "../start-failure.ts";
import { type App, buildApp } from "./app.ts";
import { openDataDirectory } from "./data-directory.ts";
import { drain } from "./drain.ts";
import { startLocalAgent } from "./local-agent-start.ts";
import { LogStream } from "./log-stream.ts";
import { closeManager, openManager } from "./manager.ts";
import { makeParts, type Opened, type Parts } from "./parts.ts";
import { startRounds } from "./rounds.ts";
import { checkSettings, DEFAULT_HOST, DEFAULT_PORT, type FleetOptions, retentionOf } from "./settings.ts";
import { hasNoPassword, makeSignInLink, openInLaterTerms, setFirstPassword } from "./way-in.ts";

/** It rejects, with everything closed again, when the server can't start. */
export async function startFleet(options: FleetOptions = {}): Promise<RunningFleet> {
  const logStream = options.log === undefined ? new LogStream(process.stderr) : null;
  const log = options.log ?? pino({ base: null }, logStream ?? undefined);
  const dataDir = resolve(options.dataDir ?? "./data");
  checkSettings(options);
  openDataDirectory(dataDir);
  const port = await portOf(options, options.port ?? DEFAULT_PORT);
  const nodes = await fleetNodes({ ...options, port, retention: retentionOf(options) }, log);
  const manager = await openManager(options, { dataDir, log, nodes });
  try {
    const isShared = nodes !== null && options.secretKeyFile === undefined;
    const key = isShared
      ? new ServerKey(await foundKey(manager), false)
      : openServerKey(dataDir, options.secretKeyFile);
    if (nodes !== null) await requireOneKey({ manager, key, log, now: options.now });
    return await serve({ ...options, port }, { manager, log, logStream, dataDir, nodes, key });
  } catch (error) {
    await closeManager(manager, log);
    throw error;
  }
}

export interface RunningFleet {
  /** It has the form `http://127.0.0.1:8080`, or begins with https. */
  readonly address: string;
  /** It is the one-time link, while there is no other way in. */
  readonly signInLink: string | null;
  readonly manager: FleetManager;
  readonly parts: Parts;
  readonly app: App;
  /**
   * It stops accepting, finishes what is under way, sends sockets away with 1012, and closes the store. It takes under 5 s, and under
   * 10 s where other nodes take over its clients.
   */
  close(): Promise<void>;
}

async function serve(options: FleetOptions, opened: Opened): Promise<RunningFleet> {
  const parts = makeParts(options, opened);
  const app = buildApp(parts, {
    beaconMs: options.beaconMs ?? DEFAULT_BEACON_MS,
    webDirectory: options.webDirectory ?? builtPage(),
  });
  try {
    return await listen(options, { parts, app, dataDir: opened.dataDir });
  } catch (error) {
    app.followers.close();
    await Promise.all([app.sockets.close(), app.http.close()]);
    throw error;
  }
}

/** The rules that were read before are in the state, so a server whose disk is full starts with these. */
async function readFleetFile({ fleetFile, log }: Parts): Promise<void> {
  await fleetFile
    .read()
    .catch((err: unknown) => log.error({ err }, "fleet.yaml was not read: send SIGHUP to try again"));
}

function builtPage(): string {
  return fileURLToPath(new URL("../../../../web/dist", import.meta.url));
}

interface Built {
  readonly parts: Parts;
  readonly app: App;
  readonly dataDir: string;
}

async function listen(options: FleetOptions, { parts, app, dataDir }: Built): Promise<RunningFleet> {
  const { port = DEFAULT_PORT, host = DEFAULT_HOST } = options;
  parts.fleetFile.checkThere();
  await readFleetFile(parts);
  const linkIsKnown = await carryOutReset(parts, dataDir);
  const doneIn = decidesHere(parts.manager) ? parts.manager.epoch : null;
  if (doneIn !== null) await setFirstPassword(parts, options.adminPassword);
  await app.http.listen({ port, host, backlog: BACKLOG }).catch((error: unknown) => {
    throw listenFailure(host, port, error);
  });
  const scheme = parts.certificate === null ? "http" : "https";
  const bound = app.http.server.address();
  parts.cookies.port = typeof bound === "object" && bound !== null ? bound.port : 0;
  if (options.allowedOrigins === undefined || options.allowedOrigins.length === 0)
    parts.origins.replace(ownOrigins(scheme, host, parts.cookies.port));
  const address = addressOf(scheme, host, parts.cookies.port);
  const print = options.print ?? ((line) => process.stdout.write(`${line}\n`));
  print(`listening on ${address}`);
  return await goOn(options, { parts, app, address, print, dataDir, linkIsKnown, doneIn });
}

/**
 * So many connections may wait until they are accepted: when a node dies, all its clients come to the others in one moment. A proxy
 * takes a server for dead that lets it wait for a connection. The system may allow fewer (net.core.somaxconn).
 */
const BACKLOG = 4_096;

interface Listening extends Built {
  readonly address: string;
  readonly print: (line: string) => void;
  /** A reset was asked for while no server ran, so somebody holds the link. */
  readonly linkIsKnown: boolean;
  /** The first way in was made in the term of this epoch, or at another node. */
  readonly doneIn: string | null;
}

/** The rest follows once the server listens. */
async function goOn(
  options: FleetOptions,
  { parts, app, address, print, dataDir, linkIsKnown, doneIn }: Listening,
): Promise<RunningFleet> {
  const { manager, origins, log } = parts;
  const publicAddress = `${origins.all[0] ?? address}${parts.basePath}`;
  noteAddress(log, dataDir, publicAddress, true);
  const signInLink = linkIsKnown || doneIn === null ? null : makeSignInLink(parts, publicAddress);
  const show = (link: string) => print(`sign in once, within 15 minutes: ${link}`);
  if (signInLink !== null) show(signInLink);
  if (linkIsKnown) print("the link of neverstale admin reset is good for 15 minutes");
  if (signInLink === null && !linkIsKnown && doneIn !== null && hasNoPassword(manager))
    log.warn("admin has no password; set one in the page, or run neverstale admin reset for a new link");
  const agent = options.localAgent === false ? null : await startLocalAgent(parts, address, dataDir);
  const way = { password: options.adminPassword, address: publicAddress, show, doneIn };
  const stops = [
    startRounds(parts),
    startMetricRounds(parts),
    startAuditRounds(parts),
    startErasureRounds(parts),
    parts.notificationSender.start(),
    parts.backups.start(),
    watchForResets(parts, dataDir),
    openInLaterTerms(parts, way),
    parts.fleetFile.readInLaterTerms(doneIn),
  ];
  if (parts.certificate !== null) stops.push(parts.certificate.watch());
  if (parts.nodes !== null) stops.push(noteKeyInLaterTerms(parts));
  const close = once(async () => {
    await drain({ parts, app, agent, stops });
    noteAddress(log, dataDir, publicAddress, false);
  });
  return { address, signInLink, manager, parts, app, close };
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => {
    running ??= run();
    return running;
  };
}
