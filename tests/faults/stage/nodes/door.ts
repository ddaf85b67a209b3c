/** A door stands between two processes: it is open, shut or stuck, and leads where a script says. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

interface Passage {
  readonly near: Socket;
  readonly far: Socket;
}

export class Door {
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  #target: number;
  #state: "open" | "shut" | "stuck" = "open";

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#enter(near));
  }

  /** It leads to a port of this machine, and listens on any free one. */
  static async to(target: number): Promise<Door> {
    const door = new Door(target);
    await once(door.#server.listen(0, "127.0.0.1"), "listening");
    return door;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** All connections break, and those that are made from now on lead there. */
  leadTo(target: number): void {
    this.#target = target;
    this.#breakAll();
  }

  /** All connections break, and none is made. */
  shut(): void {
    this.#state = "shut";
    this.#breakAll();
  }

  /** Nothing comes through in either direction, and nobody is told. What was sent meanwhile comes late, when the door is opened. */
  stick(): void {
    this.#state = "stuck";
    for (const { near, far } of this.#passages) {
      near.unpipe(far);
      far.unpipe(near);
    }
  }

  open(): void {
    this.#state = "open";
    for (const passage of this.#passages) this.#join(passage);
  }

  #enter(near: Socket): void {
    near.on("error", () => {}); // A close follows.
    if (this.#state === "shut") return void near.resetAndDestroy();
    const far = connect(this.#target, "127.0.0.1");
    far.on("error", () => {});
    const passage = { near, far };
    this.#passages.add(passage);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.once("close", () => this.#leave(passage));
    }
    if (this.#state === "open") this.#join(passage);
  }

  #join({ near, far }: Passage): void {
    near.pipe(far);
    far.pipe(near);
  }

  #leave(passage: Passage): void {
    this.#passages.delete(passage);
    passage.near.destroy();
    passage.far.destroy();
  }

  #breakAll(): void {
    for (const { near, far } of this.#passages) {
      near.resetAndDestroy();
      far.destroy();
    }
  }

  async close(): Promise<void> {
    this.#breakAll();
    this.#server.close();
    await once(this.#server, "close");
  }
}
