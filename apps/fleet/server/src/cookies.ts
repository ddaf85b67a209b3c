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

/** On https a name that only this very host can set; on http the port is in it, as browsers don't tell ports apart (C14). */
export function cookieKind(scheme: string, port: number): CookieKind {
  return scheme === "https:"
    ? { name: "__Host-neverstale", secure: true }
    : { name: `neverstale_${port}`, secure: false };
}

/** `Set-Cookie` for a session; without a value it takes the cookie away. */
export function sessionCookie(kind: CookieKind, value: string | null, maxAgeS: number): string {
  const age = value === null ? 0 : maxAgeS;
  const secure = kind.secure ? "; Secure" : "";
  return `${kind.name}=${value ?? ""}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`;
}
