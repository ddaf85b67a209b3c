/** This browser keeps small choices of whoever sits before it. One that keeps nothing, as its settings may say, is no reason to fail. */

/** It returns null for what is not kept. */
export function keptText(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** With null nothing is kept under this key any more. */
export function keepText(key: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // It holds until the page is left.
  }
}
