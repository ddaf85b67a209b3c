/** The live table has the terminal to itself until it ends: it draws anew what has changed, at most a few times a second. */

import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import type { StateSync } from "@neverstale/fleet-client";
import { type LineTone, type TableLine, tableLines } from "../host-table.ts";

const AT_MOST_EVERY_MS = 250;
/** Ages go on though nothing comes. */
const AT_LEAST_EVERY_MS = 1_000;

const OTHER_SCREEN = "\u001b[?1049h\u001b[?25l";
const OWN_SCREEN = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const TO_LINE_END = "\u001b[K";
const TO_SCREEN_END = "\u001b[J";

const STYLES = { bold: "bold", dim: "dim", good: "green", bad: "red", warn: "yellow" } as const;

/** Draws until `over` is settled. The terminal is as it was afterwards, whatever happens. */
export async function drawLiveTable(sync: StateSync, terminal: WriteStream, over: Promise<unknown>): Promise<void> {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let waiting: NodeJS.Timeout | null = null;
  const draw = () => {
    waiting = null;
    drawnAt = performance.now();
    const { state, status, confirmedAgeMs: ageMs } = sync;
    const size = { columns: terminal.columns, rows: terminal.rows };
    const lines = tableLines({ state, status, ageMs, nowMs: sync.serverNow() }, size);
    terminal.write(HOME + lines.map((line) => styled(terminal, line) + TO_LINE_END).join("\r\n") + TO_SCREEN_END);
  };
  const drawSoon = () => {
    waiting ??= setTimeout(draw, Math.max(0, drawnAt + AT_MOST_EVERY_MS - performance.now()));
  };
  terminal.write(OTHER_SCREEN);
  const restore = () => terminal.write(OWN_SCREEN);
  process.once("exit", restore);
  const leave = sync.subscribe(drawSoon);
  const every = setInterval(drawSoon, AT_LEAST_EVERY_MS);
  terminal.on("resize", drawSoon);
  draw();
  try {
    await over;
  } finally {
    terminal.off("resize", drawSoon);
    clearInterval(every);
    if (waiting !== null) clearTimeout(waiting);
    leave();
    process.off("exit", restore);
    restore();
  }
}

/** Whoever sets NO_COLOR gets the words without colours. */
function styled(terminal: WriteStream, { tone, text }: TableLine): string {
  return tone === "plain" ? text : styleText(STYLES[tone satisfies LineTone], text, { stream: terminal });
}
