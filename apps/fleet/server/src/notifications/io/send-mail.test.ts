import { writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { fleets, World } from "./notification-suite.ts";

/** It speaks as much SMTP as a client needs to leave a mail, and notes all that it is told. */
class MailServer {
  readonly lines: string[] = [];
  /** These commands are answered otherwise. */
  readonly answers = new Map<string, string>();
  #server: Server | null = null;
  readonly #open = new Set<Socket>();

  async listen(): Promise<number> {
    const server = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#server = server;
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  #serve(socket: Socket): void {
    this.#open.add(socket);
    socket.on("close", () => this.#open.delete(socket));
    socket.on("error", () => socket.destroy());
    const say = (answer: string) => socket.write(`${answer}\r\n`);
    let rest = "";
    let isText = false;
    socket.on("data", (data) => {
      const lines = `${rest}${data}`.split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        this.lines.push(line);
        if (isText && line !== ".") continue;
        const answer = isText ? "250 taken" : this.#answerTo(line);
        isText = answer.startsWith("354");
        say(answer);
      }
    });
    say("220 mail.test ESMTP");
  }

  #answerTo(line: string): string {
    const command = line.split(/[ :]/, 1)[0]?.toUpperCase() ?? "";
    const usual: Record<string, string> = {
      EHLO: "250-mail.test\r\n250 AUTH PLAIN",
      AUTH: "235 welcome",
      DATA: "354 go on",
      QUIT: "221 bye",
    };
    return this.answers.get(command) ?? usual[command] ?? "250 ok";
  }

  async end(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

let mail: MailServer;
let world: World;
beforeEach(async () => {
  mail = new MailServer();
  const port = await mail.listen();
  world = new World("memory");
  writeFileSync(join(world.dataDir, "password"), "secret-1\n", { mode: 0o600 });
  const to = "to: [ops@team.test, boss@team.test]";
  world.write(
    `  mail: { smtp: "smtp://127.0.0.1:${port}", from: fleet@example.test, ${to}, user: u, password_file: password }`,
  );
  await world.start();
  return async () => {
    await world.stop();
    await mail.end();
  };
});
afterAll(() => fleets.end());

test("a mail goes to all of a target, with an id that stays, from whom the server of mail knows", async () => {
  await world.browser.post("/api/notifications/mail/test");
  await expect.poll(() => world.statuses).toEqual(["delivered"]);

  expect(mail.lines).toContain(`AUTH PLAIN ${Buffer.from("\0u\0secret-1").toString("base64")}`);
  expect(mail.lines.filter((line) => line.startsWith("RCPT"))).toEqual([
    "RCPT TO:<ops@team.test>",
    "RCPT TO:<boss@team.test>",
  ]);
  expect(mail.lines).toContain("Subject: This is a test");
  expect(mail.lines).toContain(`Message-ID: <${world.deliveries[0]?.id}@example.test>`);
  expect(mail.lines).toContain("Auto-Submitted: auto-generated");
});

test("a mail that its server refuses is tried again, and nothing but the code of what it said is kept", async () => {
  mail.answers.set("AUTH", "535 go away, secret-2");
  await world.browser.post("/api/notifications/mail/test");
  await expect.poll(() => world.deliveries[0]?.lastFailure).toBe("SMTP 535 at AUTH PLAIN");
  mail.answers.clear();
  await expect.poll(() => world.statusesLater).toEqual(["delivered"]);
  expect(world.deliveries[0]).toMatchObject({ failures: 1 });
});
