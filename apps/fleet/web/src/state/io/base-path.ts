/** What stands behind the host in this page's address, such as `/fleet`; empty: nothing. The server writes it into the page. */
export const BASE_PATH: string =
  globalThis.document?.querySelector('meta[name="neverstale:base-path"]')?.getAttribute("content") ?? "";

/** An address of the server's for this page. */
export function at(path: string): string {
  return BASE_PATH + path;
}

/** The path of an address as the screens know it. */
export function below(pathname: string): string {
  return pathname.startsWith(BASE_PATH) ? pathname.slice(BASE_PATH.length) : pathname;
}
