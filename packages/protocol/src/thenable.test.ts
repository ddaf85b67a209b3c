import { expect, test } from "vitest";
import { ignoreWhatComesLater, isThenable } from "./thenable.ts";

function having(member: unknown): object {
  const name = "then";
  return { [name]: member };
}

test("whatever has a `then` is something that comes later", () => {
  const callable = Object.assign(
    () => {},
    having(() => {}),
  );

  expect([Promise.resolve(), having(() => {}), callable].map(isThenable)).toEqual([true, true, true]);
  expect([null, undefined, 1, "then", {}, having(1), []].map(isThenable)).toEqual(new Array(7).fill(false));
});

test("what can't be looked at is nothing that comes later", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();

  expect(isThenable(proxy)).toBe(false);
  expect(() => ignoreWhatComesLater([proxy])).not.toThrow();
});

test("[A3] what fails later is heard, at whatever depth it was refused", () => {
  const heard: string[] = [];
  const failing = (name: string) =>
    having((_: unknown, onFailure: (error: Error) => void) => {
      heard.push(name);
      onFailure(new Error(name));
    });
  const loop: Record<string, unknown> = { none: undefined, deep: { list: [null, failing("deep")] } };
  loop.self = loop;
  const unreadable = {
    get later(): never {
      throw new Error("no");
    },
  };

  for (const refused of [failing("alone"), [failing("listed")], loop, unreadable, undefined, "text"]) {
    ignoreWhatComesLater(refused);
  }

  return Promise.resolve().then(() => expect(heard).toEqual(["alone", "listed", "deep"]));
});
