/**
 * The power goes: a file system that lives in a file is shut down without writing out what it holds (ext4's
 * EXT4_IOC_SHUTDOWN with NOLOGFLUSH), so that all which was not forced to disk is gone. Then it is mounted anew.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthorityProcess } from "../engine/authority-process.ts";
import { CannotRun, type Found, main, pause, seeded } from "./fault.ts";
import { Ledger } from "./ledger.ts";
import { inOwnMounts } from "./own-mounts.ts";

const IMAGE_BYTES = 64 * 1024 * 1024;
/** `_IOR('X', 125, __u32)`, argument EXT4_GOING_FLAGS_NOLOGFLUSH. */
const SHUTDOWN =
  "import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))";

export async function powerCut({ rounds = 10, seed = 1 } = {}): Promise<Found> {
  inOwnMounts(true);
  const folder = mkdtempSync(join(tmpdir(), "neverstale-power-"));
  const disk = new LoopDisk(folder);
  const authority = new AuthorityProcess(join(disk.path, "data", "test.db"), 1_000);
  const random = seeded(seed);
  const ledger = new Ledger();
  let unforced = 0;
  try {
    disk.make();
    for (let round = 0; round < rounds; round += 1) {
      disk.mount();
      await authority.start();
      if (round > 0) await ledger.recovered(authority);
      const witness = join(disk.path, `unforced-${round}`);
      const writing = ledger.writeUntilRefused(authority);
      await pause(100 + random() * 600);
      writeFileSync(witness, "written, never forced to disk");
      disk.cutPower();
      await writing;
      await authority.kill();
      disk.unmount();
      disk.mount();
      if (spawnSync("test", ["-s", witness]).status !== 0) unforced += 1;
      disk.unmount();
    }
    disk.mount();
    await authority.start();
    const recovered = await ledger.recovered(authority);
    if (unforced === 0)
      throw new CannotRun("the cut takes nothing away here: files that were not forced are kept", "use ext4");
    const did = `power cut ${rounds} times on ext4, amid 4 writers (seed ${seed})`;
    const seen = `a file written just before and never forced was lost ${unforced} times of ${rounds}; ${ledger.unknown} changes unanswered`;
    return { did, acknowledged: ledger.acknowledged, recovered, seen };
  } finally {
    await authority.kill();
    disk.unmount();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A disk in a file, formatted with ext4. */
class LoopDisk {
  readonly path: string;
  readonly #image: string;
  #mounted = false;

  constructor(folder: string) {
    this.path = join(folder, "disk");
    this.#image = join(folder, "image");
  }

  make(): void {
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
}

if (import.meta.main) await main(() => powerCut());
