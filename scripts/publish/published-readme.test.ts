import { expect, test } from "vitest";
import { publishedReadme } from "./published-readme.ts";

const TEXT =
  "See [the rules](SPEC.md#a1), [`engine.ts`](../../examples/engine.ts), [npm](https://npm.invalid) and [below](#more).\n";
const PLACE = { folder: "packages/protocol", tag: "v1.2.3", shipped: ["SPEC.md", "vectors"] };

test("links into the repository lead to the tag of the version", () => {
  const read = publishedReadme(TEXT, { ...PLACE, repository: "https://repository.invalid/ours" });

  expect(read).toBe(
    "See [the rules](SPEC.md#a1), [`engine.ts`](https://repository.invalid/ours/blob/v1.2.3/examples/engine.ts), " +
      "[npm](https://npm.invalid) and [below](#more).\n",
  );
});

test("where the repository has no address a link into it becomes plain text", () => {
  const read = publishedReadme(TEXT, { ...PLACE, repository: null });

  expect(read).toBe("See [the rules](SPEC.md#a1), `engine.ts`, [npm](https://npm.invalid) and [below](#more).\n");
});
