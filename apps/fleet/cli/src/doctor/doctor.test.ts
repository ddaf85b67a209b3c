import type { Finding } from "@neverstale/fleet-server";
import { expect, test } from "vitest";
import { exitOf, findingLines, summaryLine } from "./finding-lines.ts";
import { certificateFinding, clockFinding, nodeFinding, roomFinding, tokenFinding, upgradeFinding } from "./judge.ts";

const NOW = Date.parse("2026-01-01T00:00:00.000Z");
const DAY_MS = 86_400_000;

test("a clock may differ a little, and much of it is a failure", () => {
  expect(clockFinding(-4_000)).toMatchObject({ status: "ok" });
  expect(clockFinding(-20_000)).toMatchObject({ status: "warn", message: "this clock is 20 s behind the server's" });
  expect(clockFinding(61_000)).toMatchObject({ status: "fail", message: "this clock is 61 s ahead of the server's" });
});

test("a certificate and a token are warned of before they end", () => {
  expect(certificateFinding(NOW + 22 * DAY_MS, NOW).status).toBe("ok");
  expect(certificateFinding(NOW + 20 * DAY_MS, NOW)).toMatchObject({ status: "warn", fix: expect.any(String) });
  expect(certificateFinding(NOW - 1, NOW).status).toBe("fail");
  expect(tokenFinding(NOW + 8 * DAY_MS, "viewer", NOW).status).toBe("ok");
  expect(tokenFinding(NOW + 6 * DAY_MS, "viewer", NOW).status).toBe("warn");
});

test("a Node.js that is too old is a failure, and what stands in the way of sockets a warning", () => {
  expect(["22.18.0", "24.0.1"].map((version) => nodeFinding(version).status)).toEqual(["ok", "ok"]);
  expect(["22.17.9", "20.19.0"].map((version) => nodeFinding(version).status)).toEqual(["fail", "fail"]);
  expect([401, 403, 101].map((status) => upgradeFinding(status).status)).toEqual(["ok", "ok", "ok"]);
  expect([upgradeFinding(426).status, upgradeFinding(null).status]).toEqual(["warn", "warn"]);
});

test("a server that runs out of files for connections is warned of, with what to do", () => {
  const shown = (open: number, limit: string, dropped: number) =>
    `# TYPE x gauge\nneverstale_connections_open ${open}\nneverstale_limit_connections_open ${limit}\nneverstale_connections_dropped ${dropped}\n`;

  expect(roomFinding(shown(799, "1000", 0))).toMatchObject({ status: "ok", fix: null });
  expect(roomFinding(shown(800, "1000", 0))).toMatchObject({
    status: "warn",
    fix: expect.stringContaining("LimitNOFILE="),
  });
  expect(roomFinding(shown(5, "1000", 3))?.message).toBe("5 are open, and it has files for 1000; 3 were refused");
  expect(roomFinding(shown(5, "+Inf", 0))).toBeNull();
  expect(roomFinding("<html>")).toBeNull();
});

test("[C36] findings are lines with what to do below them, and one failure makes the end", () => {
  const well: Finding = { check: "store", status: "ok", message: "it is whole\n\u001b[2J", fix: null };
  const wrong: Finding = { check: "port", status: "fail", message: "it is taken", fix: "Choose another one." };
  const warned: Finding = { ...wrong, status: "warn" };

  expect(findingLines([well, wrong])).toEqual([
    "ok    store: it is whole ",
    "fail  port: it is taken",
    "      Choose another one.",
  ]);
  expect([exitOf([well, warned]), exitOf([well, wrong])]).toEqual([0, 1]);
  expect(summaryLine([well, warned, wrong, wrong])).toBe("1 ok, 1 warn, 2 fail");
});
