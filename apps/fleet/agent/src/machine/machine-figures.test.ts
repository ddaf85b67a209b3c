import { expect, test } from "vitest";
import { allowedOf, groupPathOf } from "./control-group.ts";
import { mountPathsOf, toldFileSystems } from "./file-systems.ts";
import { diskBytesOf, netBytesOf, ratesBetween } from "./traffic.ts";

const NET = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0
  eth0: 1000 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0
wlan0:500 1 0 0 0 0 0 0 50 1 0 0 0 0 0 0
veth1a: 700 1 0 0 0 0 0 0 70 1 0 0 0 0 0 0
`;
const DISKS = `   8       0 sda 10 0 100 5 20 0 300 7 0 9 12
   8       1 sda1 10 0 100 5 20 0 300 7 0 9 12
 259       0 nvme0n1 1 0 10 5 2 0 30 7 0 9 12
 259       1 nvme0n1p1 1 0 10 5 2 0 30 7 0 9 12
 253       0 dm-0 1 0 10 5 2 0 30 7 0 9 12
   7       0 loop0 1 0 10 5 2 0 30 7 0 9 12
`;

test("the traffic is that of real interfaces and of whole disks, each once", () => {
  expect(netBytesOf(NET)).toEqual({ netIn: 1_500, netOut: 250 });
  expect(diskBytesOf(DISKS)).toEqual({ diskRead: 110 * 512, diskWrite: 330 * 512 });
  expect([netBytesOf(""), netBytesOf("lo: 1 1 0 0 0 0 0 0 1\n"), diskBytesOf("")]).toEqual([null, null, null]);
});

test("a rate is what came since the reading before; a count that went back says nothing", () => {
  const before = { netIn: 1_000, netOut: 500, diskRead: 0 };

  expect(ratesBetween(before, { netIn: 6_000, netOut: 400, diskRead: 0, diskWrite: 9 }, 5_000)).toEqual({
    netIn: 1_000,
    diskRead: 0,
  });
  expect(ratesBetween(before, before, 0)).toEqual({});
});

test("file systems on devices count, once each, and the root whatever it lies on", () => {
  const mounts = [
    "overlay / overlay rw 0 0",
    "proc /proc proc rw 0 0",
    "/dev/sda1 /var/lib/docker/volumes/x ext4 rw 0 0",
    "/dev/sda1 /data ext4 rw 0 0",
    "/dev/sdb1 /mnt/with\\040space xfs rw 0 0",
    "server:/export /nfs nfs4 rw 0 0",
    "tmpfs /run tmpfs rw 0 0",
    "",
  ].join("\n");

  expect(mountPathsOf(mounts)).toEqual(["/", "/data", "/mnt/with space"]);
  expect(mountPathsOf("/dev/sda1 / ext4 rw 0 0\n/dev/sda1 /home ext4 rw 0 0\n")).toEqual(["/"]);
});

test("the fullest file system comes first, and is what is told of the disk; so many are told of", () => {
  const many = Array.from({ length: 40 }, (_, index) => [`/m${index}`, index] as const);

  expect(
    toldFileSystems([
      ["/", 20.5],
      ["/data", 91],
      ["/b", 20.5],
    ]),
  ).toEqual({
    disk: 91,
    fileSystems: [
      { path: "/data", used: 91 },
      { path: "/", used: 20.5 },
      { path: "/b", used: 20.5 },
    ],
  });
  expect(toldFileSystems(many).fileSystems).toHaveLength(32);
  expect(toldFileSystems([])).toEqual({});
});

test("a control group says what its processes may use; without a limit nothing is told", () => {
  const files = {
    cpuMax: "150000 100000\n",
    memoryMax: "1000\n",
    memoryCurrent: "700\n",
    memoryStat: "anon 1\ninactive_file 200\n",
  };

  expect(allowedOf(files)).toEqual({ coresAllowed: 1.5, memoryAllowed: 1_000, memoryOfAllowed: 50 });
  expect(allowedOf({ ...files, cpuMax: "max 100000\n", memoryMax: "max\n" })).toEqual({});
  expect(allowedOf({ cpuMax: null, memoryMax: null, memoryCurrent: null, memoryStat: null })).toEqual({});
  expect(groupPathOf("1:name=systemd:/x\n0::/system.slice/agent.service\n")).toBe("/system.slice/agent.service");
  expect(groupPathOf("4:memory:/x\n")).toBeNull();
});
