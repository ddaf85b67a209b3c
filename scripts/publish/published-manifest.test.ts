import { expect, test } from "vitest";
import { partManifest, publishedManifest } from "./published-manifest.ts";
import type { PublishedPackage, WorkspaceManifest } from "./published-packages.ts";

const manifest: WorkspaceManifest = {
  name: "@neverstale/example",
  version: "1.2.3",
  license: "MIT",
  exports: {
    ".": { source: "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./for-tests": { source: "./src/for-tests-suite.ts" },
    "./data/*": "./data/*",
  },
  files: ["dist"],
  dependencies: { "@neverstale/part": "1.2.3", ws: "^8.0.0" },
};

function packageOf(...parts: { folder: string; manifest: WorkspaceManifest; to: string }[]): PublishedPackage {
  const own = { folder: "packages/example", manifest };
  return { ...own, parts: [{ ...own, to: "." }, ...parts] };
}

test("what leads to sources is not published, and neither is an entry for the workspace's own tests", () => {
  expect(publishedManifest(packageOf(), null).exports).toEqual({
    ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./data/*": "./data/*",
  });
});

test("a repository without an address is not named, and one with an address is named three times", () => {
  const without = publishedManifest(packageOf(), null);
  const { repository, homepage, bugs } = publishedManifest(packageOf(), "https://repository.invalid/ours");

  expect(without).not.toHaveProperty("repository");
  expect({ repository, homepage, bugs }).toEqual({
    repository: { type: "git", url: "git+https://repository.invalid/ours.git", directory: "packages/example" },
    homepage: "https://repository.invalid/ours/tree/main/packages/example#readme",
    bugs: "https://repository.invalid/ours/issues",
  });
});

test("a package needs what its parts need, and not its parts", () => {
  const part = {
    name: "@neverstale/part",
    version: "1.2.3",
    private: true,
    exports: {},
    dependencies: { yaml: "^2.0.0" },
  };

  const { dependencies } = publishedManifest(packageOf({ folder: "apps/part", manifest: part, to: "part" }), null);

  expect(dependencies).toEqual({ ws: "^8.0.0", yaml: "^2.0.0" });
});

test("a part that is brought along says what it needs, so that a server can pack it for other machines", () => {
  expect(partManifest({ folder: "apps/part", manifest: { ...manifest, private: true } })).toEqual({
    name: "@neverstale/example",
    version: "1.2.3",
    private: true,
    dependencies: { "@neverstale/part": "1.2.3", ws: "^8.0.0" },
  });
});
