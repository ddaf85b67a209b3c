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
}

/**
 * On https a name that only this very host can set. On http one with a number of the server's own, as browsers don't tell
 * ports apart; it stays when the port is another one after a restart (C14).
 */
export function cookieKind(scheme: string, id: string | number): CookieKind {
  return scheme === "https:"
    ? { name: "__Host-neverstale", secure: true }
    : { name: `neverstale_${id}`, secure: false };
}

/** The cookie by which a device that has signed in is known again. */
export function deviceKind(scheme: string, id: string): CookieKind {
  return scheme === "https:"
    ? { name: "__Host-neverstale-device", secure: true }
    : { name: `neverstale_device_${id}`, secure: false };
}

/** `Set-Cookie`; without a value it takes the cookie away. */
export function setCookie(kind: CookieKind, value: string | null, maxAgeS: number): string {
  const age = value === null ? 0 : maxAgeS;
  const secure = kind.secure ? "; Secure" : "";
  return `${kind.name}=${value ?? ""}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`;
}
