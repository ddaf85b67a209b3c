import { afterEach, expect, test } from "vitest";
import { keepColumns, keptColumns } from "../../hosts/table/io/kept-columns.ts";
import { forgetLastSeen, lastSeenBy } from "../../moments/io/last-seen.ts";
import { keepText, keptText } from "./browser-memory.ts";

const own = Object.getOwnPropertyDescriptor(globalThis, "localStorage");

afterEach(() => {
  if (own === undefined) Reflect.deleteProperty(globalThis, "localStorage");
  else Object.defineProperty(globalThis, "localStorage", own);
});

/** A browser gives its storage, or refuses to, as this says. */
function browserWith(storage: () => object): void {
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: storage });
}

function storageOf(kept: Map<string, string>): object {
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
    removeItem: (key: string) => void kept.delete(key),
  };
}

test("a text is kept under its key until it is taken away", () => {
  browserWith(() => storage);
  const storage = storageOf(new Map());

  keepText("a", "1");
  const kept = keptText("a");
  keepText("a", null);

  expect([kept, keptText("a")]).toEqual(["1", null]);
});

test("in a browser that refuses its storage, nothing is kept and nothing fails", () => {
  browserWith(() => {
    throw new DOMException("refused", "SecurityError");
  });

  keepColumns("cpu");

  expect([keptColumns(), lastSeenBy("ada"), keptText("a")]).toEqual(["", null, null]);
});

test("a last visit that was kept wrongly, or by somebody else, counts for nothing", () => {
  const visit = { user: "ada", epoch: "e1", version: 7, at: 1_000 };
  for (const [text, wanted] of [
    [JSON.stringify(visit), { epoch: "e1", version: 7, at: 1_000 }],
    [JSON.stringify({ ...visit, user: "bob" }), null],
    [JSON.stringify({ ...visit, version: "7" }), null],
    [JSON.stringify({ ...visit, epoch: null }), null],
    [JSON.stringify({ ...visit, at: null }), null],
    ["7", null],
    ["{", null],
  ] as const) {
    browserWith(() => storageOf(new Map([["neverstale.last-seen", text]])));
    expect([text, lastSeenBy("ada")]).toEqual([text, wanted]);
  }
});

test("a last visit that is forgotten leaves no name behind", () => {
  const kept = new Map([["neverstale.last-seen", JSON.stringify({ user: "ada", epoch: "e1", version: 7, at: 1_000 })]]);
  browserWith(() => storageOf(kept));

  forgetLastSeen();

  expect([lastSeenBy("ada"), [...kept]]).toEqual([null, []]);
});
