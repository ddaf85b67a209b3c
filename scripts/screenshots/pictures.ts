/** The folder docs/screenshots holds a picture of each scene in each look, and a page that shows them all. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SCENES, type Scene } from "../../tests/browser/shown/scenes.ts";
import type { Look } from "../../tests/browser/shown/show.ts";

export const SCREENSHOTS = "docs/screenshots";
export const ANIMATION = "recovery.gif";

export const LOOKS: readonly Look[] = (["light", "dark"] as const).flatMap((theme) => [
  { theme, width: 1440, height: 900 },
  { theme, width: 390, height: 844 },
]);

export function pictureName({ name }: Scene, { theme, width }: Look): string {
  return `${name}-${theme}-${width}.webp`;
}

const MOST_BYTES = 6_000_000;
const MOST_BYTES_OF_ANIMATION = 1_000_000;
const SHOWN_IN_README = 3;

/** It returns the names of those that are still to be taken. */
export function missingPictures(root: string): string[] {
  const found = new Set(readdirSync(join(root, SCREENSHOTS)));
  const wanted = SCENES.flatMap((scene) => LOOKS.map((look) => pictureName(scene, look)));
  return [ANIMATION, ...wanted].filter((name) => !found.has(name));
}

/** It returns what is wrong with what is in the folder: a picture of no scene, more than there should be, or an old page. */
export function screenshotProblems(root: string): string[] {
  const folder = join(root, SCREENSHOTS);
  const known = new Set([
    ANIMATION,
    "README.md",
    ...SCENES.flatMap((scene) => LOOKS.map((look) => pictureName(scene, look))),
  ]);
  const found = readdirSync(folder);
  const strange = found.filter((name) => !known.has(name)).map((name) => `${SCREENSHOTS}/${name} belongs to no scene`);
  const bytes = found.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const animation = found.includes(ANIMATION) ? statSync(join(folder, ANIMATION)).size : 0;
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const shown = [
    ...new Set([...readme.matchAll(/\(docs\/screenshots\/([^)]+\.(?:webp|gif))\)/g)].map((match) => match[1] ?? "")),
  ];
  const lost = shown
    .filter((name) => !found.includes(name))
    .map((name) => `README.md shows ${name}, which is not there`);
  return [
    ...strange,
    ...lost,
    ...(bytes > MOST_BYTES ? [`the pictures have ${bytes} bytes, and at most ${MOST_BYTES} are allowed`] : []),
    ...(animation > MOST_BYTES_OF_ANIMATION
      ? [`${ANIMATION} has ${animation} bytes, and at most ${MOST_BYTES_OF_ANIMATION} are allowed`]
      : []),
    ...(readFileSync(join(folder, "README.md"), "utf8") === indexPage(root) ? [] : [`${SCREENSHOTS}/README.md is old`]),
    ...(shown.length === SHOWN_IN_README
      ? []
      : [`README.md shows ${shown.length} pictures, and is to show ${SHOWN_IN_README}`]),
  ];
}

/** This is the page of the folder. */
export function indexPage(root: string): string {
  const found = new Set(readdirSync(join(root, SCREENSHOTS)));
  const taken = SCENES.filter((scene) => LOOKS.every((look) => found.has(pictureName(scene, look))));
  const [wide = [], narrow = []] = [1440, 390].map((width) => LOOKS.filter((look) => look.width === width));
  const image = (scene: Scene, look: Look, width: number) =>
    `<a href="${pictureName(scene, look)}"><img src="${pictureName(scene, look)}" width="${width}" alt="${scene.words}, ${look.theme}, ${look.width} pixels wide"></a>`;
  const sections = taken.map(
    (scene) =>
      `## ${scene.name}\n\nIt shows ${scene.words}.\n\n${[...wide.map((look) => image(scene, look, 400)), ...narrow.map((look) => image(scene, look, 110))].join("\n")}\n`,
  );
  return `# Pictures\n\nEach screen and main dialog of the page, in light and dark, 1440 and 390 pixels wide. The fleet is made up: it is that of \`neverstale demo\`.\n\`node --conditions=source scripts/screenshots.ts\` takes them in Chromium. With names as arguments it takes those alone.\n\n${sections.join("\n")}`;
}
