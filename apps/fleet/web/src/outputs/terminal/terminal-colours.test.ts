import fc from "fast-check";
import { expect, test } from "vitest";
import { type Colour, contrast, DARK, LEAST_CONTRAST, LIGHT, readable } from "./terminal-colours.ts";

const THEMES = [
  ["light", LIGHT],
  ["dark", DARK],
] as const;

test.each(THEMES)("every pair of named colours can be read on the %s page, also swapped and dim", (_, theme) => {
  const colours = [null, ...Array.from({ length: 16 }, (_, name) => ({ name }))];
  for (const ink of colours)
    for (const ground of colours)
      for (const inverse of [false, true])
        for (const dim of [false, true]) {
          const shown = readable({ ink, ground, inverse, dim }, theme);
          expect(contrast(shown.ink, shown.ground)).toBeGreaterThanOrEqual(LEAST_CONTRAST);
        }
});

test.each(THEMES)(
  "any colour can be read on any ground of the %s page, and one that could be read stays as it was",
  (_, theme) => {
    const byte = fc.nat(255);
    const colour: fc.Arbitrary<Colour | null> = fc.option(fc.tuple(byte, byte, byte).map((rgb) => ({ rgb })));
    fc.assert(
      fc.property(colour, colour, fc.boolean(), fc.boolean(), (ink, ground, inverse, dim) => {
        const shown = readable({ ink, ground, inverse, dim }, theme);
        expect(contrast(shown.ink, shown.ground)).toBeGreaterThanOrEqual(LEAST_CONTRAST);
        if (dim || inverse || ink === null || !("rgb" in ink)) return;
        if (contrast(ink.rgb, shown.ground) >= LEAST_CONTRAST) expect(shown.ink).toEqual(ink.rgb);
      }),
    );
  },
);

test.each(THEMES)("the named colours can be read on the %s page as they are", (_, theme) => {
  for (const ink of theme.inks) expect(contrast(ink, theme.ground)).toBeGreaterThanOrEqual(LEAST_CONTRAST);
});
