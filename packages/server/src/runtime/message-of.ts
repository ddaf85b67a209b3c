/** A message says what an error says, whatever was thrown: a caller's code may throw something that has no text at all. */

export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "it does not say why";
  }
}
