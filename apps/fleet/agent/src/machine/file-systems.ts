/** The file systems of a machine that count are those that lie on a device of its own. */

import { type FileSystem, type HostReading, MOST_FILE_SYSTEMS } from "@neverstale/fleet-domain";

/** A file system on the network may hang whoever asks for it, and is somebody else's. */
const REAL: ReadonlySet<string> = new Set([
  ...["ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs"],
  ...["vfat", "exfat", "ntfs", "ntfs3", "fuseblk", "ufs", "nilfs2"],
]);

/** So many are asked for their size. */
const MOST_ASKED = 100;

/**
 * Reads /proc/self/mounts: device, path, type. What is mounted at several places is told of once, at the shortest path. The root is
 * told of whatever it lies on, as in a container.
 */
export function mountPathsOf(procMounts: string): string[] {
  const paths = new Map<string, string>();
  for (const line of procMounts.split("\n")) {
    const [device = "", escaped = "", type = ""] = line.split(" ");
    const path = escaped.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const isRoot = path === "/";
    if (!path.startsWith("/") || (!isRoot && !REAL.has(type))) continue;
    const name = isRoot && !REAL.has(type) ? "/" : device;
    const before = paths.get(name);
    if (before === undefined || path.length < before.length) paths.set(name, path);
  }
  return [...paths.values()].slice(0, MOST_ASKED);
}

/** The fullest come first. */
export function toldFileSystems(
  used: Iterable<readonly [path: string, used: number]>,
): Pick<HostReading, "disk" | "fileSystems"> {
  const fileSystems = [...used]
    .map(([path, percent]): FileSystem => ({ path: path.slice(0, 200), used: percent }))
    .sort((a, b) => b.used - a.used || (a.path < b.path ? -1 : 1));
  const [fullest] = fileSystems;
  return fullest === undefined ? {} : { disk: fullest.used, fileSystems: fileSystems.slice(0, MOST_FILE_SYSTEMS) };
}
