import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const PROGRAM = `
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { collection, defineModel } from "@neverstale/protocol";
import { StateManager } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";

const model = defineModel({ model: 1, collections: { hosts: collection(null) }, changes: {} });
const folder = mkdtempSync(tmpdir() + "/neverstale-");
const error = await StateManager.open({ model, store: sqliteStore(folder + "/data.db") }).catch((error) => error);
console.log(error.code, /22.18/.test(error.hint), readdirSync(folder).length);
rmSync(folder, { recursive: true });
`;

describe("where there is no SQLite", () => {
  test("a store on disk says what to use, and leaves nothing behind", async () => {
    const flags = ["--no-experimental-sqlite", "--conditions=source", "--input-type=module", "--eval", PROGRAM];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname });

    expect(stdout).toBe("store_unavailable true 0\n");
  });
});
