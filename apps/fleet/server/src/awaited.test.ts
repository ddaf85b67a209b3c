import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const FLEET = new URL("../..", import.meta.url).pathname;

/** A call that asks for a change where a statement begins: nothing takes what it rejects with, unless it says so itself. */
const FORGOTTEN = /^\s*(?:[\w.#]+\.)?(?:transact|transactOnce|transactFor|apply)\(/;

function sources(): string[] {
  return ["server", "cli", "agent"]
    .flatMap((part) =>
      readdirSync(join(FLEET, part, "src"), { recursive: true }).map((name) => join(part, "src", String(name))),
    )
    .filter((name) => name.endsWith(".ts") && !/\.test\.ts$|-suite\.ts$/.test(name));
}

/** A line that only goes on with what the line before began, such as an argument, begins no statement. */
function forgottenIn(text: string): string[] {
  const lines = text.split("\n");
  return lines.filter(
    (line, index) => FORGOTTEN.test(line) && !/[(=,]$|=>$|\bawait$/.test(lines[index - 1]?.trimEnd() ?? ""),
  );
}

test("every change that the fleet asks for is awaited: a refusal that nobody takes would end the process", () => {
  const forgotten = sources().flatMap((name) =>
    forgottenIn(readFileSync(join(FLEET, name), "utf8")).map((line) => `${name}: ${line.trim()}`),
  );

  expect(sources().length).toBeGreaterThan(100);
  expect(forgotten).toEqual([]);
});

test("a call that nobody awaits is found", () => {
  const text =
    "  const a = 1;\n  server.transact((work) => work);\n  await server.transact(decide);\n  manager.apply(change);\n";

  expect(forgottenIn(text)).toEqual(["  server.transact((work) => work);", "  manager.apply(change);"]);
});
