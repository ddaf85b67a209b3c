/** The fleet file is read here, at the start, at the begin of a term, at SIGHUP, and when an admin asks for it. */

import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CATALOGUE_FILE_ID } from "@neverstale/fleet-domain";
import { OWN_FLEET_FILE } from "@neverstale/fleet-domain/fleet-file";
import type { Log } from "../../fleet/log.ts";
import { decidesHere, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import type { AskedFrom } from "../../fleet/work.ts";
import { StartFailure } from "../../process/start-failure.ts";
import { type FileRead, takeCatalogue } from "../take-catalogue.ts";

/** A larger file is not read (B113). */
export const FLEET_FILE_BYTES = 1024 ** 2;

export class FleetFileReader {
  readonly #parts: FleetFileParts;
  /** It was named in the settings, so it must be there. */
  readonly #given: string | null;
  readonly #path: string;

  constructor(given: string | undefined, dataDir: string, parts: FleetFileParts) {
    this.#parts = parts;
    this.#given = given ?? null;
    this.#path = given ?? join(dataDir, CATALOGUE_FILE_ID);
  }

  /** Paths that stand in the file begin there. */
  get directory(): string {
    return dirname(resolve(this.#path));
  }

  /** It throws a `StartFailure` when there is no file where the settings say that there is one. */
  checkThere(): void {
    if (this.#given === null || existsSync(this.#given)) return;
    throw new StartFailure(
      `there is no ${this.#given}`,
      "Give the path of your fleet.yaml with --fleet-file, or leave it out.",
    );
  }

  /**
   * The file of the node that decides counts. Another node says in its log when its own one differs. A file that is wrong changes
   * nothing but what is said of it. It returns what is wrong.
   */
  async read(actor = "server", askedFrom: AskedFrom = {}): Promise<readonly string[]> {
    const { manager, transactions, log } = this.#parts;
    const read = this.#fromDisk();
    if (!decidesHere(manager)) {
      this.#compare(read);
      return [];
    }
    const { result: problems } = await transactions.transact((work) =>
      takeCatalogue(work.askedBy(askedFrom), read, actor),
    );
    for (const problem of problems) log.error({ file: this.#path }, `fleet.yaml is wrong: ${problem}`);
    return problems;
  }

  /** A node that decides later reads its own file then. It returns how to stop. */
  readInLaterTerms(doneIn: string | null): () => Promise<void> {
    const { manager, log } = this.#parts;
    const failed = (err: unknown) => log.error({ err }, "fleet.yaml was not read at the begin of the term");
    const stop = manager.onTerm(() => {
      if (manager.epoch !== doneIn) this.read().catch(failed);
      return () => {};
    });
    return async () => stop();
  }

  #compare(read: FileRead): void {
    const known = this.#parts.manager.state.catalogueFiles.get(CATALOGUE_FILE_ID);
    const own = "text" in read ? read.sha256 : undefined;
    if (known !== undefined && known.sha256 !== own)
      this.#parts.log.warn(
        { file: this.#path },
        "the fleet.yaml of this node differs from that of the node that decides: give all the same",
      );
  }

  #fromDisk(): FileRead {
    try {
      const text = readBounded(this.#path);
      return { source: "file", text, sha256: sha256Of(text) };
    } catch (error) {
      if (this.#given === null && isMissing(error))
        return { source: "own", text: OWN_FLEET_FILE, sha256: sha256Of(OWN_FLEET_FILE) };
      return { source: "file", problem: error instanceof Error ? error.message : String(error) };
    }
  }
}

export interface FleetFileParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly log: Log;
}

function readBounded(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size > FLEET_FILE_BYTES) throw new Error(`it has ${size} bytes, and may have ${FLEET_FILE_BYTES}`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } finally {
    closeSync(file);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
