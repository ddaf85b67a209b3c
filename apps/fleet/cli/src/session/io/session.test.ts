import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { CommandLineSession } from "./session.ts";
import { withSession } from "./with-session.ts";

let folder: string;
let server: Server;
let asked: string[];
beforeEach(async () => {
  asked = [];
  folder = mkdtempSync(join(tmpdir(), "neverstale-session-"));
  writeFileSync(join(folder, "password"), "secret");
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url === "/coded/api/login") return answerLogin(request, response);
    if (request.url === "/fleet/api/login")
      return response.end(JSON.stringify({ user: "ada", role: "admin", csrfToken: "t" }));
    if (asked.length === 2) return response.socket?.destroy(); // It may have had its effect.
    response.statusCode = 403;
    response.end(JSON.stringify({ code: "forbidden", detail: "ada may not do this", hint: "Ask an admin." }));
  }).listen(0);
  await once(server, "listening");
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** This server wants a code, which is not the password. */
async function answerLogin(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { totp } = (await json(request)) as { totp?: string };
  asked.push(`code ${totp}`);
  response.statusCode = totp === "123456" ? 200 : 403;
  const problem = { code: "totp_required", detail: "a code of the second factor is needed", hint: "" };
  response.end(JSON.stringify(totp === "123456" ? { user: "ada", role: "admin", csrfToken: "t" } : problem));
}

function flags(behindHost: string) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${behindHost}`;
  return { url, user: "ada", passwordFile: join(folder, "password") };
}

test("the server is found by an address as a browser shows it", async () => {
  await CommandLineSession.signIn(flags("/fleet/?q=web#hosts"));

  expect(asked).toEqual(["/fleet/api/login"]);
});

test("a code of the second factor is asked for where the server wants one, and counts for one sign-in", async () => {
  process.env.NEVERSTALE_TOTP = "123456";

  await CommandLineSession.signIn(flags("/coded"));
  const again = await CommandLineSession.signIn(flags("/coded")).catch((error: unknown) => error);

  expect(asked.filter((each) => each.startsWith("code"))).toEqual(["code undefined", "code 123456", "code undefined"]);
  expect(again).toMatchObject({ message: "nobody is there to answer: Code of the second factor, to sign in:" });
  expect(again).toMatchObject({ hint: expect.stringContaining("NEVERSTALE_TOTP") });
});

test("[D3] a request of which nobody knows what became ends the command with 2, and says how to find out", async () => {
  const run = (session: CommandLineSession) => session.postJson("/api/enrollment-tokens", {});

  const failure = await withSession(flags("/fleet"), run).catch((error: unknown) => error);

  expect(asked.slice(1, 3)).toEqual(["/fleet/api/enrollment-tokens", "/fleet/api/enrollment-tokens"]);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toMatchObject({
    exitCode: EXIT.cannotTell,
    message: "whether the request had an effect is unknown: ada may not do this",
    hint: expect.stringContaining("repeat it with the same idempotency key"),
  });
});
