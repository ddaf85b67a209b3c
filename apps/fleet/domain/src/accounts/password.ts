/** A password has a length that is enough, and says here why it is refused. */

export const MIN_PASSWORD_LENGTH = 15;
export const MAX_PASSWORD_LENGTH = 1000;

/**
 * It returns why a text can't become a password, as words that follow "the password", or null when it can. Characters count as
 * they are hashed, in one form of Unicode: an emoji is not two of them.
 */
export function passwordProblem(text: string): string | null {
  if (text.length > MAX_PASSWORD_LENGTH) return `has ${text.length} characters; ${MAX_PASSWORD_LENGTH} are the most`;
  if (!text.isWellFormed()) return "holds half of a character";
  const characters = [...text.normalize("NFKC")];
  if (characters.length < MIN_PASSWORD_LENGTH)
    return `needs ${MIN_PASSWORD_LENGTH} characters or more; this one has ${characters.length}`;
  return new Set(characters).size === 1 ? "is one character again and again" : null;
}
