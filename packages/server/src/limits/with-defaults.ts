type Numbers<Settings> = { readonly [Name in keyof Settings]: number };

/** What a setting may be where nothing else is said: more than 0, and without end where it is to be lifted. */
interface Allowed<Name> {
  /** Those that may be 0: there is nothing to wait for, or nothing is kept. */
  readonly zero?: readonly Name[] | "all";
  /** The longest time: those that timers are set by. */
  readonly mostMs?: number;
  /** The most that all others may be. */
  readonly most?: number;
}

/** Timers that are set for longer go off at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Times and rates may be fractions; what is counted can't, as a count would step over them. */
const FRACTIONS = /Ms$|perSecond$/i;

/**
 * The defaults, but for what is given. A setting that is undefined counts as left out. Throws a plain error for one that
 * there is not, and for one that no number can be compared with as it is meant: with it nothing would be too much, or
 * everything.
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

function isAllowed(
  value: unknown,
  { isWhole, mayBeZero, most }: { isWhole: boolean; mayBeZero: boolean; most: number },
): boolean {
  if (typeof value !== "number" || !(mayBeZero ? value >= 0 : value > 0) || value > most) return false;
  return !isWhole || value === Number.POSITIVE_INFINITY || Number.isSafeInteger(value);
}

/** Of whatever kind it is: one that throws when it is written out must not hide what is wrong. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  return typeof value === "number" || value === null ? String(value) : `a value of type ${typeof value}`;
}
