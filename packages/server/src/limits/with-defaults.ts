/** Settings are the defaults, but for what is given; one that can't be meant is refused by its name (rule A10). */

/**
 * A setting that is undefined counts as left out. It throws a plain error for a setting that there is not, and for one that no
 * number can be compared with as it is meant: with it nothing would be too much, or everything.
 */
export function withDefaults<Settings extends Numbers<Settings>>(
  defaults: Settings,
  given: Partial<Settings> | undefined,
  of: string,
  allowed: Allowed<keyof Settings> = {},
): Settings {
  if (given !== undefined && (typeof given !== "object" || given === null))
    throw new Error(`\`${of}\` is an object of numbers, not ${shown(given)}`);
  for (const name in given) {
    if (!Object.hasOwn(defaults, name)) throw new Error(`\`${of}\` has no \`${name}\``);
  }
  const settings: Settings = { ...defaults };
  for (const name in defaults) {
    const value: unknown = given?.[name];
    if (value === undefined) continue;
    const isWhole = !FRACTIONS.test(name);
    const mayBeZero = allowed.zero === "all" || allowed.zero?.includes(name) === true;
    const most = (name.endsWith("Ms") ? allowed.mostMs : allowed.most) ?? Number.POSITIVE_INFINITY;
    if (!isAllowed(value, { isWhole, mayBeZero, most })) {
      const least = mayBeZero ? "0 or more" : isWhole ? "1 or more" : "more than 0";
      const end = most === Number.POSITIVE_INFINITY ? "" : ` and at most ${most}`;
      throw new Error(
        `\`${name}\` of \`${of}\` is a ${isWhole ? "whole " : ""}number, ${least}${end}, not ${shown(value)}`,
      );
    }
    settings[name] = value as Settings[typeof name];
  }
  return settings;
}

type Numbers<Settings> = { readonly [Name in keyof Settings]: number };

/** Where nothing else is said, a setting is more than 0, and has no end where it is to be lifted. */
interface Allowed<Name> {
  /** These may be 0: then there is nothing to wait for, or nothing is kept. */
  readonly zero?: readonly Name[] | "all";
  /** This is the longest time, for settings that timers are set by. */
  readonly mostMs?: number;
  /** All others may be so much at most. */
  readonly most?: number;
}

/** A timer that is set for longer goes off at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Times and rates may be fractions. A number of things can't be one, as a count would step over it. */
const FRACTIONS = /Ms$|perSecond$/i;

function isAllowed(
  value: unknown,
  { isWhole, mayBeZero, most }: { isWhole: boolean; mayBeZero: boolean; most: number },
): boolean {
  if (typeof value !== "number" || !(mayBeZero ? value >= 0 : value > 0) || value > most) return false;
  return !isWhole || value === Number.POSITIVE_INFINITY || Number.isSafeInteger(value);
}

/** The value may be of any kind. One that throws when it is written out must not hide what is wrong. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  return typeof value === "number" || value === null ? String(value) : `a value of type ${typeof value}`;
}
