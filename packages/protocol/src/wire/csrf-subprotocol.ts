/** A page carries its CSRF token in a subprotocol, as a browser can't set headers on a WebSocket (rule M2). */

import { CSRF_SUBPROTOCOL_PREFIX } from "./limits.ts";

/** A token that can't stand there as it is follows this prefix, in base64url of its UTF-8. */
const ENCODED_CSRF_SUBPROTOCOL_PREFIX = "csrf64.";

/** A subprotocol is made of these characters (RFC 6455, section 4.1; RFC 9110, section 5.6.2). */
const LEGAL = /^[\w!#$%&'*+.^`|~-]+$/;

/** It returns the subprotocol that carries the token: as it is where that is legal, and encoded where it is not. */
export function csrfSubprotocol(token: string): string {
  return LEGAL.test(token) ? CSRF_SUBPROTOCOL_PREFIX + token : ENCODED_CSRF_SUBPROTOCOL_PREFIX + base64url(token);
}

/** It returns true for a subprotocol that is there only for its token. */
export function isCsrfSubprotocol(name: string): boolean {
  return name.startsWith(CSRF_SUBPROTOCOL_PREFIX) || name.startsWith(ENCODED_CSRF_SUBPROTOCOL_PREFIX);
}

/** It finds the token among the subprotocols that are asked for. Null means that there is none, or that it can't be read. */
export function csrfTokenIn(protocols: readonly string[]): string | null {
  const name = protocols.find(isCsrfSubprotocol);
  if (name === undefined) return null;
  if (name.startsWith(CSRF_SUBPROTOCOL_PREFIX)) return name.slice(CSRF_SUBPROTOCOL_PREFIX.length);
  return fromBase64url(name.slice(ENCODED_CSRF_SUBPROTOCOL_PREFIX.length));
}

function base64url(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64url(text: string): string | null {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(binary, (byte) => byte.charCodeAt(0)));
  } catch {
    return null;
  }
}
