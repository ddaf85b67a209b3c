/** The server's cookies are named, read and set here. */

import type { Origins } from "../http/origins.ts";
import type { RequestHeaders } from "../http/route.ts";

export class Cookies {
  readonly #place: CookiePlace;
  readonly #origins: Origins;
  /** The server listens on this port. It is 0 until then. */
  port = 0;

  constructor(place: CookiePlace, origins: Origins) {
    this.#place = place;
    this.#origins = origins;
  }

  /**
   * It returns what may be a session's secret: on https only the cookie that nobody else can set. Older cookies had the port in
   * their name.
   */
  sessionSecrets({ cookie }: RequestHeaders): string[] {
    const kinds = [...this.#origins.schemes].flatMap((scheme) => {
      const own = sessionKind(scheme, this.#place);
      return own.secure ? [own] : [own, sessionKind(scheme, { ...this.#place, id: this.port })];
    });
    return kinds.flatMap(({ name }) => cookieOf(cookie, name) ?? []);
  }

  /** It returns `Set-Cookie` for a session, of the kind that the caller's own origin can have. Null takes the cookie away. */
  setSession({ origin }: RequestHeaders, secret: string | null, maxAgeS: number): string {
    const scheme = new URL(origin ?? "http://none").protocol;
    return setCookie(sessionKind(scheme, this.#place), secret, maxAgeS);
  }

  /** It returns the values of the cookies that name a device. */
  devices({ cookie }: RequestHeaders): string[] {
    return [...this.#origins.schemes].flatMap((scheme) => cookieOf(cookie, deviceKind(scheme, this.#place).name) ?? []);
  }

  setDevice(value: string, maxAgeS: number): string {
    const [scheme = "http:"] = this.#origins.schemes;
    return setCookie(deviceKind(scheme, this.#place), value, maxAgeS);
  }
}

interface CookieKind {
  readonly name: string;
  readonly secure: boolean;
  readonly path: string;
}

/** Cookies belong to the server with this number, below the path at which its browsers find it. */
interface CookiePlace {
  readonly id: string | number;
  readonly basePath: string;
}

/** It returns the value of the first cookie of that name, or null. */
function cookieOf(header: string | undefined, name: string): string | null {
  for (const part of header?.split(";") ?? []) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/**
 * On https the cookie has a name that only this very host can set. On http its name has a number of the server's own, because
 * browsers don't tell ports apart. The name stays when the port is another one after a restart (C14).
 */
function sessionKind(scheme: string, place: CookiePlace): CookieKind {
  return kindOf(scheme, place, { https: "neverstale", http: "neverstale" });
}

/** A device that has signed in is known again by this cookie. */
function deviceKind(scheme: string, place: CookiePlace): CookieKind {
  return kindOf(scheme, place, { https: "neverstale-device", http: "neverstale_device" });
}

/** On a host that others use too, the cookie goes to the server's path alone. `__Host-` does not allow that. */
function kindOf(
  scheme: string,
  place: CookiePlace,
  names: { readonly https: string; readonly http: string },
): CookieKind {
  const path = place.basePath === "" ? "/" : place.basePath;
  if (scheme !== "https:") return { name: `${names.http}_${place.id}`, secure: false, path };
  return { name: `${path === "/" ? "__Host-" : "__Secure-"}${names.https}`, secure: true, path };
}

/** It returns `Set-Cookie`. Without a value that takes the cookie away. */
function setCookie(kind: CookieKind, value: string | null, maxAgeS: number): string {
  const age = value === null ? 0 : maxAgeS;
  const secure = kind.secure ? "; Secure" : "";
  return `${kind.name}=${value ?? ""}; Path=${kind.path}; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`;
}
