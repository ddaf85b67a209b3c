/** Values become words here. A number keeps its width where it can, so that a changing table does not dance. */

export const NONE = "–";

export function percentage(value: number | undefined): string {
  return value === undefined ? NONE : `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

export function decimal(value: number | undefined): string {
  return value === undefined ? NONE : value.toFixed(value < 100 ? 2 : 0);
}

/** It gives `840 B`, `1.2 kB`, `34 MB`. One kB is 1,000 bytes. */
export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = count;
  let unit = "B";
  for (const next of units) {
    if (value < 999.5) break;
    value /= 1_000;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** It gives a length of time: `340 ms`, `4.2 s`, `38 s`, `4 min 10 s`, `2 h 5 min`, `12 d 3 h`. */
export function timeTaken(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  return span(Math.round(ms / 1_000) * 1_000);
}

/** It gives an age in whole seconds and above: `0 s`, `38 s`, `4 min 10 s`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return two(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return two(hours, "h", minutes % 60, "min");
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

/** It gives a time in the viewer's zone, `14:02:11`, with the day before it when that is not the day of `now`. */
export function clock(at: number, now: number): string {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return sameDay ? TIME.format(at) : `${DAY.format(at)}, ${TIME.format(at)}`;
}

/** It gives the time alone, as rows of one run have it. */
export function timeOfDay(at: number): string {
  return TIME.format(at);
}

export function fullTime(at: number): string {
  return FULL.format(at);
}

/** It gives `1 host`, `3 hosts`. */
export function howMany(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** It makes whole sentences of texts: `the name is wrong` becomes `The name is wrong.` Empty texts are left out. */
export function sentences(...texts: readonly (string | undefined)[]): string {
  return texts.flatMap((text) => (text === undefined || text === "" ? [] : [sentence(text)])).join(" ");
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
