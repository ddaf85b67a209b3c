/** The one-time link, `/#setup=<token>`, carries a token. */

/** It takes the token out of the address, so that no history keeps it. Without a token it returns null. */
export function readSetupToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("setup");
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}
