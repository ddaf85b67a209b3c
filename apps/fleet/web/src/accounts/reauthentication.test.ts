import { failureOf } from "@neverstale/client";
import { expect, test } from "vitest";
import { Reauthentication } from "./reauthentication.ts";

function refusal(code: string): Error {
  const answer = { status: 403, retryAfter: null, text: JSON.stringify({ code }) };
  return new Error("in words", { cause: failureOf(answer, 0).error });
}

test("a request that wants a confirmation waits for it and is repeated, and several wait for the same one", async () => {
  const reauthentication = new Reauthentication();
  let confirmed = false;
  let asked = 0;
  reauthentication.subscribe(() => {
    asked += reauthentication.asked === null ? 0 : 1;
  });
  const request = async (answer: string) => {
    if (!confirmed) throw refusal("confirmation_required");
    return answer;
  };

  const both = Promise.all([
    reauthentication.around(() => request("one")),
    reauthentication.around(() => request("two")),
  ]);
  await expect.poll(() => reauthentication.asked).not.toBeNull();
  confirmed = true;
  reauthentication.asked?.resolve();

  expect(await both).toEqual(["one", "two"]);
  expect(reauthentication.asked).toBeNull();
  expect(asked).toBeGreaterThan(0);
});

test("whoever turns away is told that nothing was done, and other refusals ask nothing", async () => {
  const reauthentication = new Reauthentication();
  const refused = (code: string) => reauthentication.around(() => Promise.reject(refusal(code)));

  await expect(refused("forbidden")).rejects.toThrow("in words");
  expect(reauthentication.asked).toBeNull();
  const turnedAway = refused("confirmation_required");
  await expect.poll(() => reauthentication.asked).not.toBeNull();
  reauthentication.asked?.reject();

  await expect(turnedAway).rejects.toThrow("nothing was done");
  expect(reauthentication.asked).toBeNull();
});
