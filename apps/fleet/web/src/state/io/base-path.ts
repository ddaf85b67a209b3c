/** The server may have a place below its host, such as `/fleet`. This is where the page learns of it. */

/** The server writes this path into the page. It is empty when nothing stands behind the host. */
const BASE_PATH: string =
  globalThis.document?.querySelector('meta[name="neverstale:base-path"]')?.getAttribute("content") ?? "";

/** It returns the address, as this page must ask for it, of a path that the server knows. */
export function serverPath(path: string): string {
  return BASE_PATH + path;
}

/** It returns the address by which this page found the server. */
export function serverAddress(): string {
  return globalThis.location.origin + BASE_PATH;
}

/** It returns the path of an address as the screens know it, without the server's own place. */
export function pathBelowBase(pathname: string): string {
  return pathname.startsWith(BASE_PATH) ? pathname.slice(BASE_PATH.length) : pathname;
}
