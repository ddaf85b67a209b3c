import { expect, test } from "vitest";
import { type PressedKey, SHORTCUTS, ShortcutReader } from "./shortcuts.ts";

const FREE = { isTyping: false, single: true };

function key(name: string, rest: Partial<PressedKey> = {}): PressedKey {
  return { key: name, ctrlKey: false, metaKey: false, altKey: false, ...rest };
}

test("each shortcut of the table is read, and nothing before its last key", () => {
  for (const { keys, action } of SHORTCUTS) {
    const reader = new ShortcutReader();
    const pressed = keys.map((name) =>
      name.startsWith("mod+") ? key(name.slice("mod+".length), { ctrlKey: true }) : key(name),
    );
    const read = pressed.map((each, index) => reader.read(each, index, FREE));
    expect(read).toEqual([...keys.slice(1).map(() => null), action]);
  }
});

test("no shortcut begins with the whole of another", () => {
  const all = SHORTCUTS.map(({ keys }) => keys.join(" "));
  expect(all.filter((one) => all.some((other) => other !== one && `${other} `.startsWith(`${one} `)))).toEqual([]);
});

test("two keys count together only within a moment, and a key between them parts them", () => {
  const reader = new ShortcutReader();
  reader.read(key("g"), 0, FREE);
  expect(reader.read(key("h"), 5_000, FREE)).toBeNull();
  reader.read(key("g"), 6_000, FREE);
  reader.read(key("x"), 6_010, FREE);
  expect(reader.read(key("h"), 6_020, FREE)).toBeNull();
  reader.read(key("g"), 7_000, FREE);
  reader.read(key("g"), 7_010, FREE);
  expect(reader.read(key("h"), 7_020, FREE)).toEqual({ type: "go", screen: "hosts" });
});

test("in a field only keys with Ctrl or Cmd count, and so do they alone where single keys are off", () => {
  for (const context of [
    { isTyping: true, single: true },
    { isTyping: false, single: false },
  ]) {
    const reader = new ShortcutReader();
    expect(reader.read(key("?"), 0, context)).toBeNull();
    expect(reader.read(key("k", { metaKey: true }), 1, context)).toEqual({ type: "palette" });
  }
});

test("keys that mean something else to the browser or the keyboard are none of ours", () => {
  const reader = new ShortcutReader();
  expect(reader.read(key("?", { altKey: true }), 0, FREE)).toBeNull();
  expect(reader.read(key("/", { ctrlKey: true }), 0, FREE)).toBeNull();
  expect(reader.read(key("Escape"), 0, FREE)).toBeNull();
});
