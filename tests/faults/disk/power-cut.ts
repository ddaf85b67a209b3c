/**
 * The power goes: a file system that lives in a file is shut down without writing out what it holds (ext4's EXT4_IOC_SHUTDOWN
 * with NOLOGFLUSH), so that everything which was not forced to disk is gone. Then it is mounted anew.
 */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthorityProcess } from "../../engine/authority-process.ts";
import { CannotRun, type Found, main, pause, requireStrace, seeded } from "../stage/fault.ts";
import { Ledger } from "../stage/ledger.ts";
import { inOwnMounts } from "../stage/own-mounts.ts";

const IMAGE_BYTES = 64 * 1024 * 1024;
/** `_IOR('X', 125, __u32)`, argument EXT4_GOING_FLAGS_NOLOGFLUSH. */
const SHUTDOWN =
  "import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))";

export async function powerCut({ rounds = 10, seed = 1 } = {}): Promise<Found> {
  inOwnMounts(true);
  const disk = new LoopDisk();
  try {
    const ledger = new Ledger();
    const random = seeded(seed);
    for (let round = 0; round < rounds; round += 1) await liveUntilCut(disk, ledger, 100 + random() * 600);
    const recovered = await inspect(disk, (authority) => ledger.recovered(authority));
    const did = `power cut ${rounds} times on ext4, amid 4 writers (seed ${seed})`;
    const seen = `${ledger.unknown} changes unanswered; ${await withLyingSyncs()}`;
    return { did, acknowledged: ledger.acknowledged, recovered, seen };
  } finally {
    disk.remove();
  }
}

/** Repeats it with syncs that do nothing. That must cost changes: if not, the cut is none and proves nothing. */
async function withLyingSyncs(): Promise<string> {
  requireStrace();
  const disk = new LoopDisk();
  try {
    const ledger = new Ledger();
    const lies = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:retval=0"];
    await liveUntilCut(disk, ledger, 1_000, lies);
    const lost = await inspect(disk, async (authority) => (await ledger.lost(authority)).length);
    assert.ok(lost > 0, "with syncs that do nothing the cut takes changes away");
    return `for comparison, with syncs that do nothing, ${lost} of ${ledger.acknowledged} were lost`;
  } finally {
    disk.remove();
  }
}

async function liveUntilCut(
  disk: LoopDisk,
  ledger: Ledger,
  ms: number,
  wrapper: readonly string[] = [],
): Promise<void> {
  await inspect(
    disk,
    async (authority) => {
      const writing = ledger.writeUntilRefused(authority);
      await pause(ms);
      disk.cutPower();
      await writing;
    },
    wrapper,
  );
}

/** Runs an authority on the disk for as long as `work` takes. */
async function inspect<T>(
  disk: LoopDisk,
  work: (authority: AuthorityProcess) => Promise<T>,
  wrapper: readonly string[] = [],
): Promise<T> {
  disk.mount();
  const authority = new AuthorityProcess(join(disk.path, "data", "test.db"), 1_000);
  authority.wrapper = wrapper;
  try {
    await authority.start();
    return await work(authority);
  } finally {
    await authority.kill();
    disk.unmount();
  }
}

/** This disk lives in a file, formatted with ext4. */
class LoopDisk {
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "neverstale-power-"));
  readonly #image: string;
  #mounted = false;

  constructor() {
    this.path = join(this.#folder, "disk");
    this.#image = join(this.#folder, "image");
    mkdirSync(this.path);
    writeFileSync(this.#image, "");
    truncateSync(this.#image, IMAGE_BYTES);
    const formatted = spawnSync("mkfs.ext4", ["-q", "-F", this.#image], { stdio: "ignore" });
    if (formatted.status !== 0) throw new CannotRun("mkfs.ext4 isn't there", "apt-get install e2fsprogs");
  }

  mount(): void {
    const mounted = spawnSync("mount", ["-o", "loop", this.#image, this.path], { encoding: "utf8" });
    if (mounted.status !== 0) throw new CannotRun(`no loop mount: ${mounted.stderr.trim()}`, "modprobe loop, as root");
    this.#mounted = true;
  }

  cutPower(): void {
    execFileSync("python3", ["-c", SHUTDOWN, this.path]);
  }

  unmount(): void {
    if (this.#mounted) execFileSync("umount", [this.path], { stdio: "ignore" });
    this.#mounted = false;
  }

  remove(): void {
    this.unmount();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

if (import.meta.main) await main(() => powerCut());
