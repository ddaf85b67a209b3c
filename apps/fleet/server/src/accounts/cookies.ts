/** The server's cookies: their names, and how they are read and set. */

import type { Origins } from "../http/origins.ts";
import type { RequestHeaders } from "../http/route.ts";

interface CookieKind {
  readonly name: string;
  readonly secure: boolean;
  readonly path: string;
}

/** Whose cookies these are: the number of the server, and the path below which its browsers find it. */
interface CookiePlace {
  readonly id: string | number;
  readonly basePath: string;
}

export class Cookies {
  readonly #place: CookiePlace;
  readonly #origins: Origins;
  /** The port that the server listens on; 0 until it does. */
  port = 0;

  constructor(place: CookiePlace, origins: Origins) {
    this.#place = place;
    this.#origins = origins;
  }

  /** What may be the secret of a session: on https only the cookie that nobody else can set. Older ones had the port. */
  sessionSecrets({ cookie }: RequestHeaders): string[] {
    const kinds = [...this.#origins.schemes].flatMap((scheme) => {
      const own = sessionKind(scheme, this.#place);
      return own.secure ? [own] : [own, sessionKind(scheme, { ...this.#place, id: this.port })];
    });
    return kinds.flatMap(({ name }) => cookieOf(cookie, name) ?? []);
  }

  /** `Set-Cookie` for a session, of the kind that the caller's own origin can have. Null takes it away. */
  setSession({ origin }: RequestHeaders, secret: string | null, maxAgeS: number): string {
    const scheme = new URL(origin ?? "http://none").protocol;
    return setCookie(sessionKind(scheme, this.#place), secret, maxAgeS);
  }

  /** The values of the cookies that name a device. */
  devices({ cookie }: RequestHeaders): string[] {
    return [...this.#origins.schemes].flatMap((scheme) => cookieOf(cookie, deviceKind(scheme, this.#place).name) ?? []);
  }

  setDevice(value: string, maxAgeS: number): string {
    const [scheme = "http:"] = this.#origins.schemes;
    return setCookie(deviceKind(scheme, this.#place), value, maxAgeS);
  }
}

/** The value of the first cookie of that name, or null. */
function cookieOf(header: string | undefined, name: string): string | null {
  for (const part of header?.split(";") ?? []) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/**
 * On https a name that only this very host can set. On http one with a number of the server's own, as browsers don't tell
 * ports apart; it stays when the port is another one after a restart (C14).
 */
function sessionKind(scheme: string, place: CookiePlace): CookieKind {
  return kindOf(scheme, place, { https: "neverstale", http: "neverstale" });
}

/** The cookie by which a device that has signed in is known again. */
function deviceKind(scheme: string, place: CookiePlace): CookieKind {
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
function setCookie(kind: CookieKind, value: string | null, maxAgeS: number): string {
  const age = value === null ? 0 : maxAgeS;
  const secure = kind.secure ? "; Secure" : "";
  return `${kind.name}=${value ?? ""}; Path=${kind.path}; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`;
}
