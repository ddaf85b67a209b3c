type Numbers<Settings> = { readonly [Name in keyof Settings]: number };

/**
 * The defaults, but for what is given. A setting that is undefined counts as left out. Throws a plain error for one that is
 * no number: compared with it nothing would be too much, or everything.
 */
export function withDefaults<Settings extends Numbers<Settings>>(
  defaults: Settings,
  given: Partial<Settings> | undefined,
  of: string,
): Settings {
  const settings: Settings = { ...defaults };
  for (const name in defaults) {
    const value: unknown = given?.[name] === undefined ? settings[name] : given[name];
    if (typeof value !== "number" || Number.isNaN(value))
      throw new Error(`\`${name}\` of \`${of}\` is a number, not ${String(value)}`);
    settings[name] = value as Settings[typeof name];
  }
  return settings;
}
