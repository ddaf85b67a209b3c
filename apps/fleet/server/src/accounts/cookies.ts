/** The value of the first cookie of that name, or null. */
export function cookieOf(header: string | undefined, name: string): string | null {
  for (const part of header?.split(";") ?? []) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

export interface CookieKind {
  readonly name: string;
  readonly secure: boolean;
  readonly path: string;
}

/** Whose cookies: the number of the server, and the path below which its browsers find it. */
export interface CookiePlace {
  readonly id: string | number;
  readonly basePath: string;
}

/**
 * On https a name that only this very host can set. On http one with a number of the server's own, as browsers don't tell
 * ports apart; it stays when the port is another one after a restart (C14).
 */
export function cookieKind(scheme: string, place: CookiePlace): CookieKind {
  return kindOf(scheme, place, { https: "neverstale", http: "neverstale" });
}

/** The cookie by which a device that has signed in is known again. */
export function deviceKind(scheme: string, place: CookiePlace): CookieKind {
  return kindOf(scheme, place, { https: "neverstale-device", http: "neverstale_device" });
}

/** Below a path of a host that others use too the cookie goes to that path alone, which `__Host-` does not allow. */
function kindOf(
  scheme: string,
  place: CookiePlace,
  names: { readonly https: string; readonly http: string },
): CookieKind {
  const path = place.basePath === "" ? "/" : place.basePath;
  if (scheme !== "https:") return { name: `${names.http}_${place.id}`, secure: false, path };
  return { name: `${path === "/" ? "__Host-" : "__Secure-"}${names.https}`, secure: true, path };
}

/** `Set-Cookie`; without a value it takes the cookie away. */
export function setCookie(kind: CookieKind, value: string | null, maxAgeS: number): string {
  const age = value === null ? 0 : maxAgeS;
  const secure = kind.secure ? "; Secure" : "";
  return `${kind.name}=${value ?? ""}; Path=${kind.path}; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`;
}
