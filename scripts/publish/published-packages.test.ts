import { expect, test } from "vitest";
import { publishedManifest } from "./published-manifest.ts";
import { closureOf, publishedPackages } from "./published-packages.ts";

test("the engine's packages and the fleet are published, and each comes behind those that it needs", () => {
  const packages = publishedPackages();

  const names = packages.map(({ manifest }) => manifest.name);
  expect(names).toEqual(expect.arrayContaining(["@neverstale/protocol", "@neverstale/store-sqlite", "neverstale"]));
  expect(names.filter((name) => /sim$|fleet/.test(name))).toEqual([]);
  for (const pkg of packages) {
    const needed = Object.keys(publishedManifest(pkg, null).dependencies ?? {});
    const before = names.slice(0, names.indexOf(pkg.manifest.name));
    expect(before, pkg.manifest.name).toEqual(expect.arrayContaining(needed.filter((name) => names.includes(name))));
  }
});

test("the fleet is published with its private packages and its page, beside each other as in the workspace", () => {
  const fleet = publishedPackages().find(({ manifest }) => manifest.name === "neverstale");

  const places = fleet?.parts.map(({ folder, to }) => [folder, to]).sort();
  expect(places).toEqual([
    ["apps/fleet/agent", "fleet/agent"],
    ["apps/fleet/cli", "."],
    ["apps/fleet/client", "fleet/client"],
    ["apps/fleet/domain", "fleet/domain"],
    ["apps/fleet/server", "fleet/server"],
    ["apps/fleet/web", "fleet/web"],
  ]);
});

test("an image of the fleet needs the stores and the engine, and no binding of a framework", () => {
  const needed = closureOf("neverstale", publishedPackages());

  const engine = ["base", "client", "protocol", "server", "store-postgres", "store-sqlite"];
  expect([...needed].sort()).toEqual([...engine.map((name) => `@neverstale/${name}`), "neverstale"]);
});
