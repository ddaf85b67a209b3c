/** A board of rooms on the packages, as others would build it: two people write, and it survives cuts, kills and a restored copy. */

import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, globSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { ended } from "@neverstale/base/test-processes";
import { freePort } from "@neverstale/store-postgres/test-server";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/run.ts";
import { CONTEXT, launchChromium } from "../browser/chromium.ts";
import type { Outside } from "./outside.ts";
import type { PackedWorld } from "./world.ts";

const SOURCES = join(ROOT, "examples/team-board");
/** Whoever builds it writes this much that has to do with the engine. */
const MOST_ENGINE_LINES = 70;

export function describeBoard(world: () => PackedWorld): void {
  describe("a board of rooms, built outside of the repository", () => {
    let outside: Outside;
    let browser: Browser;
    let server: ChildProcess;
    let line: CutLine;
    let ann: Person;
    let bob: Person;

    const start = async (port: number) => {
      server = spawn(process.execPath, ["server.ts"], {
        cwd: outside.folder,
        env: { PATH: process.env.PATH, PORT: String(port) },
        stdio: ["ignore", "pipe", "inherit"],
      });
      for await (const text of (server.stdout ?? []) as AsyncIterable<Buffer>)
        if (text.toString().includes("listening")) return;
      throw new Error("the server has ended");
    };

    beforeAll(async () => {
      browser = await launchChromium();
      outside = await world().outside();
      outside.write("package.json", JSON.stringify({ type: "module" }));
      outside.write("tsconfig.json", JSON.stringify({ compilerOptions: STRICT, include: ["*.ts", "*.tsx"] }));
      for (const path of globSync("*", { cwd: SOURCES }))
        outside.write(path, readFileSync(join(SOURCES, path), "utf8"));
      const own = ["client", "protocol", "react", "server", "store-sqlite"].map((name) => `@neverstale/${name}`);
      await outside.install(...own, ...OTHERS);
      await outside.run("npx", ["vite", "build"]);
      line = await CutLine.open(await freePort());
      await start(line.behind);
      ann = await Person.signIn(browser, line.port, "ann");
      bob = await Person.signIn(browser, line.port, "bob");
    });

    afterAll(async () => {
      await browser.close();
      await ended(server);
      line.close();
    });

    test("it takes at most 70 lines that have to do with the engine", () => {
      const lines = [...["board.ts", "sync.ts", "hooks.ts"].flatMap(codeLines), ...usesIn("app.tsx")];

      console.log(`the board has ${lines.length} lines that have to do with the engine`);
      expect(lines.length).toBeLessThanOrEqual(MOST_ENGINE_LINES);
    });

    test("strict TypeScript compiles it", async () => {
      await outside.run("npx", ["tsc", "--noEmit"]);
    });

    test("two people write and see each other, and what may not be is taken back", async () => {
      await ann.add("To do", "Buy milk");
      await bob.shows("To do", "Buy milk");
      await bob.move("Buy milk", "Doing");
      await ann.shows("Doing", "Buy milk");
      await ann.rename("Buy milk", "Buy oat milk");
      await bob.shows("Doing", "Buy oat milk");
      await bob.press("Buy oat milk", "Delete");
      await bob.page.getByText("It is not your card.").waitFor();
      await bob.shows("Doing", "Buy oat milk");
    });

    test("each sees who is here, and who is no member sees nothing", async () => {
      const eve = await Person.signIn(browser, line.port, "eve", "forbidden");

      await expect.poll(() => ann.page.locator("main").getAttribute("data-here")).toBe("ann,bob");
      expect(await eve.page.getByRole("article").count()).toBe(0);
    });

    test("after a cut of the network, and a kill of the server amid a write, nothing is to be pressed", async () => {
      line.cut();
      await ann.add("To do", "Call Eve");
      await ann.shows("To do", "Call Eve");
      expect(await ann.card("Call Eve").getAttribute("data-pending")).toBe("true");
      line.mend();
      await bob.shows("To do", "Call Eve");

      server.kill("SIGKILL");
      await ended(server);
      await bob.add("Done", "Water plants");
      await start(line.behind);
      await ann.shows("Done", "Water plants");
      await expect.poll(() => bob.card("Water plants").getAttribute("data-pending")).toBe("false");
    });

    test("a reload shows the last known board before there is a connection", async () => {
      await expect.poll(() => bob.keeps("Water plants"), { timeout: 240_000, interval: 500 }).toBe(true);
      await bob.page.routeWebSocket(/\/sync/, () => {}); // It is never answered.
      await bob.page.reload();

      await bob.page.locator("main[data-freshness=connecting]").waitFor();
      await bob.shows("Done", "Water plants");
      await bob.context.unrouteAll();
      await bob.leave();
      bob = await Person.signIn(browser, line.port, "bob");
    });

    test("after yesterday's file was restored, all show what it holds, without a reload", async () => {
      server.kill("SIGKILL");
      await ended(server);
      copyFileSync(join(outside.folder, "board.db"), join(outside.folder, "yesterday.db"));
      for (const rest of ["-wal", "-shm"])
        for (const path of globSync(`board.db${rest}`, { cwd: outside.folder }))
          copyFileSync(join(outside.folder, path), join(outside.folder, `yesterday.db${rest}`));
      await start(line.behind);
      await ann.add("To do", "Lost with the disk");
      await bob.shows("To do", "Lost with the disk");

      server.kill("SIGKILL");
      await ended(server);
      for (const path of globSync("board.db*", { cwd: outside.folder })) rmSync(join(outside.folder, path));
      for (const path of globSync("yesterday.db*", { cwd: outside.folder }))
        copyFileSync(join(outside.folder, path), join(outside.folder, path.replace("yesterday", "board")));
      await start(line.behind);

      for (const person of [ann, bob]) {
        await person.card("Lost with the disk").waitFor({ state: "detached" });
        await person.page.locator("main[data-freshness=live]").waitFor();
        await person.shows("Done", "Water plants");
      }
      expect([...ann.wrong, ...bob.wrong]).toEqual([]);
    });
  });
}

const OTHERS = [
  ...["react@^19", "react-dom@^19", "zod@^4", "vite@^8", "typescript@^7"],
  ...["@types/node@^22", "@types/react@^19", "@types/react-dom@^19"],
];

const STRICT = {
  target: "es2024",
  lib: ["es2024", "dom", "dom.iterable"],
  module: "preserve",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  jsx: "react-jsx",
  skipLibCheck: true,
  noEmit: true,
  types: ["node"],
};

/** Blank lines, comments and imports are left out. */
function codeLines(path: string): string[] {
  const text = readFileSync(join(SOURCES, path), "utf8").replace(/^import [^;]*;\n/gm, "");
  return text.split("\n").filter((line) => line.trim() !== "" && !/^\s*(\/\/|\/\*\*|\*)/.test(line));
}

/** A page's components only say what they look like, but for the line that makes the replica. */
function usesIn(path: string): string[] {
  return codeLines(path).filter((line) => /useStateSync\(/.test(line));
}

/** Somebody at a page of the room, who looks at it all the time. */
class Person {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly wrong: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on("pageerror", (error) => this.wrong.push(error.message));
  }

  static async signIn(browser: Browser, port: number, user: string, freshness = "live"): Promise<Person> {
    const context = await browser.newContext(CONTEXT);
    context.setDefaultTimeout(240_000); // A slow machine fails no test; what hangs is ended by it.
    const person = new Person(context, await context.newPage());
    await person.page.goto(`http://127.0.0.1:${port}/login?user=${user}`);
    await person.page.locator(`main[data-freshness=${freshness}]`).waitFor();
    return person;
  }

  card(title: string) {
    return this.page.getByRole("article", { name: title, exact: true });
  }

  async shows(column: string, title: string): Promise<void> {
    const section = this.page.getByRole("region", { name: column, exact: true });
    await section.getByRole("article", { name: title, exact: true }).waitFor();
  }

  async add(column: string, title: string): Promise<void> {
    const field = this.page.getByLabel(`New in ${column}`);
    await field.fill(title);
    await field.press("Enter");
  }

  async move(title: string, column: string): Promise<void> {
    await this.press(title, column);
  }

  async press(title: string, button: string): Promise<void> {
    await this.card(title).getByRole("button", { name: button, exact: true }).click();
  }

  async rename(title: string, to: string): Promise<void> {
    const field = this.card(title).getByLabel("Title");
    await field.fill(to);
    await field.press("Enter");
  }

  /** The browser has written down a state in which this stands. */
  keeps(title: string): Promise<boolean> {
    return this.page.evaluate(async (title) => {
      const answered = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      for (const { name } of await indexedDB.databases()) {
        const database = await answered(indexedDB.open(name ?? ""));
        const stores = [...database.objectStoreNames];
        const all = await Promise.all(
          stores.map((store) => answered(database.transaction(store).objectStore(store).getAll())),
        );
        database.close();
        if (JSON.stringify(all).includes(title)) return true;
      }
      return false;
    }, title);
  }

  async leave(): Promise<void> {
    await this.context.close();
  }
}

/** The network between the browsers and the server. */
class CutLine {
  readonly port: number;
  readonly behind: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(server: Server, port: number, behind: number) {
    this.#server = server;
    this.port = port;
    this.behind = behind;
  }

  static async open(behind: number): Promise<CutLine> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the line has no port");
    const line = new CutLine(server, address.port, behind);
    server.on("connection", (socket) => line.#join(socket));
    return line;
  }

  #join(socket: Socket): void {
    if (this.#isCut) return void socket.destroy();
    const far = connect(this.behind, "127.0.0.1");
    for (const [end, other] of [
      [socket, far],
      [far, socket],
    ] as const) {
      this.#sockets.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        this.#sockets.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
