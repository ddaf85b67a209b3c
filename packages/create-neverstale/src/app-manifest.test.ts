import { expect, test } from "vitest";
import { appManifest, packageName } from "./app-manifest.ts";

test("an app needs the packages of the release that made it, and is called like its folder", () => {
  const template = JSON.stringify({ name: "x", dependencies: { "@neverstale/client": "*", react: "^19.0.0" } });

  const manifest = JSON.parse(appManifest(template, { folder: "My App", version: "1.2.3" }));

  expect(manifest).toEqual({ name: "my-app", dependencies: { "@neverstale/client": "^1.2.3", react: "^19.0.0" } });
});

test.each([
  ["board", "board"],
  ["Grüße an alle", "gr-e-an-alle"],
  [".hidden_", "hidden_"],
  ["日本", "neverstale-app"],
])("a folder %j makes the name %j", (folder, name) => {
  expect(packageName(folder)).toBe(name);
});
