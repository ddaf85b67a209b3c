import { expect, test } from "vitest";

const SOURCES: Readonly<Record<string, string>> = import.meta.glob(["./**/*.{ts,tsx}", "../../client/src/**/*.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

test("of the domain's files with schemas the page takes types alone, so that it carries no validator along", () => {
  const shipped = Object.entries(SOURCES).filter(([path]) => !path.includes(".test."));
  const takesValues = shipped.filter(([, text]) =>
    /^(?:import|export) (?!type ).*?from "@neverstale\/fleet-domain";$/m.test(text),
  );

  expect(shipped.length).toBeGreaterThan(40);
  expect(takesValues.map(([path]) => path)).toEqual([]);
});
