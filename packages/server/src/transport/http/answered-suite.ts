/** Tests ask over HTTP without a wire, and look at what was answered. */

import type { Frame } from "../../followers/wire.ts";
import type { TestFrame } from "../../runtime/virtual-runtime-suite.ts";
import type { Outlet } from "./reader.ts";
import type { Reply } from "./reply.ts";

/** The asker's end of a request: what came, and when. */
export class Answered implements Outlet {
  replied: Reply | null = null;
  readonly events: { readonly offsetMs: number; readonly message: Record<string, unknown> }[] = [];
  ended = false;
  congested = false;
  sentBytes = 0;
  gone: () => void = () => {};

  reply(reply: Reply): void {
    if (this.replied !== null) throw new Error("a request is answered once");
    this.replied = reply;
  }

  begin(reply: Reply): void {
    this.reply(reply);
  }

  write(frame: Frame, offsetMs: number): void {
    for (const text of (frame as TestFrame).messages) {
      this.events.push({ offsetMs, message: JSON.parse(text) as Record<string, unknown> });
    }
  }

  end(): void {
    this.ended = true;
  }

  together(run: () => void): void {
    run();
  }

  get status(): number | null {
    return this.replied?.status ?? null;
  }

  get cache(): string | undefined {
    return this.replied?.headers["Cache-Control"];
  }

  get messages(): Record<string, unknown>[] {
    const body = this.replied?.body;
    if (body?.type !== "messages" && body?.type !== "state") return [];
    const frames = body.type === "state" ? [body.frame] : body.frames;
    return frames.flatMap((frame) =>
      (frame as TestFrame).messages.map((text) => JSON.parse(text) as Record<string, unknown>),
    );
  }

  get types(): unknown[] {
    return this.messages.map(({ type }) => type);
  }
}
