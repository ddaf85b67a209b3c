import { expect, test } from "vitest";
import { runProgram } from "./program.ts";

async function runWith(...args: string[]): Promise<{ code: number; printed: string }> {
  const lines: string[] = [];
  const code = await runProgram(args, (text) => lines.push(text));
  return { code, printed: lines.join("\n") };
}

const wrong: [string[], string][] = [
  [[], "say what to check"],
  [["servant"], "say what to check"],
  [["server"], "give one address"],
  [["server", "http://localhost"], "give one address"],
  [["server", "ws://localhost", "--profile", "v9"], "--profile is v1 or plain"],
  [["server", "ws://localhost", "--header", "nothing"], "--header is"],
  [["server", "ws://localhost", "--beacon-ms", "soon"], "--beacon-ms"],
  [["server", "ws://localhost", "--colour"], "--colour"],
  [["client"], "give the client's command"],
];

test.each(wrong)("%j is refused, with how to use it", async (args, message) => {
  const { code, printed } = await runWith(...args);

  expect(code).toBe(2);
  expect(printed).toContain(message);
  expect(printed).toContain("neverstale-conformance server ws://");
});

test("scenarios that need a control say so when there is none, and nothing checked is no success", async () => {
  const { code, printed } = await runWith("server", "ws://127.0.0.1:9/sync", "--only", "E1-restart");

  expect(code).toBe(2);
  expect(printed).toContain("not run");
  expect(printed).toContain("needs --control");
});

test("a client that can't be started has failed", async () => {
  const { code, printed } = await runWith("client", "--only", "R1-gap", "--json", "--", "/nonexistent/client");

  expect(code).toBe(1);
  const [outcome] = JSON.parse(printed) as [{ result: string; detail: string }];
  expect(outcome).toMatchObject({ result: "failed", detail: expect.stringContaining("can't be started") });
});
