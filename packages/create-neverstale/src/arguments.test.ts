import { expect, test } from "vitest";
import { readArguments } from "./arguments.ts";

const TEMPLATES = ["react", "vue"];

test("without arguments everything is left open, and the packages are installed", () => {
  expect(readArguments([], TEMPLATES)).toEqual({ folder: null, template: null, install: true });
});

test("a folder and options may stand in any order", () => {
  const expected = { folder: "my-app", template: "vue", install: false };

  expect(readArguments(["my-app", "--template", "vue", "--no-install"], TEMPLATES)).toEqual(expected);
  expect(readArguments(["--no-install", "--template=vue", "my-app"], TEMPLATES)).toEqual(expected);
});

test.each([
  [["--template", "solid"], 'there is no template "solid": there are react, vue'],
  [["--template"], 'there is no template "": there are react, vue'],
  [["--typescript"], "there is no option --typescript"],
  [["one", "two"], "one app is made at a time"],
  [["--help"], null],
])("%j is no way to make an app", (args, misread) => {
  expect(readArguments(args, TEMPLATES)).toEqual({ misread });
});
