/** A one-time link carries a token behind the `#`: `/#setup=<token>`, or `/#invite=<token>&user=<name>`. */

export type OneTimeLink =
  | { readonly kind: "setup"; readonly token: string }
  /** The name is shown, and says nothing to the server. */
  | { readonly kind: "invitation"; readonly token: string; readonly user: string };

/** It takes the token out of the address, so that no history keeps it. Without a token it returns null. */
export function readOneTimeLink(): OneTimeLink | null {
  const hash = new URLSearchParams(location.hash.slice(1));
  const [setup, invite] = [hash.get("setup"), hash.get("invite")];
  if (setup !== null || invite !== null) history.replaceState(null, "", location.pathname + location.search);
  if (setup !== null) return { kind: "setup", token: setup };
  return invite === null ? null : { kind: "invitation", token: invite, user: hash.get("user") ?? "" };
}
