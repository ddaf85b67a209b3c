/** Colours are printed unless somebody says that none are wanted. */

/** By convention any value but the empty one says so (no-color.org). */
export function wantsColours({ NO_COLOR }: Readonly<Record<string, string | undefined>>): boolean {
  return NO_COLOR === undefined || NO_COLOR === "";
}
