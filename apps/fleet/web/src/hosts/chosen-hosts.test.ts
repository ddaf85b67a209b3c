import { expect, test } from "vitest";
import { ChosenHosts } from "./chosen-hosts.ts";

test("hosts are chosen one by one and together, and each choice is a set of its own", () => {
  const chosen = new ChosenHosts();
  chosen.choose(["web-1", "web-2"]);
  const before = chosen.ids;

  chosen.set(["web-2", "db-1"], true);
  chosen.set(["web-1"], false);

  expect([...chosen.ids]).toEqual(["web-2", "db-1"]);
  expect([...before]).toEqual(["web-1", "web-2"]);
});

test("each choice is told once, to those who still listen", () => {
  const chosen = new ChosenHosts();
  const told: number[] = [];
  const stop = chosen.subscribe(() => told.push(chosen.ids.size));

  chosen.choose(["web-1"]);
  chosen.set(["web-2", "web-3"], true);
  stop();
  chosen.choose([]);

  expect(told).toEqual([1, 3]);
});
