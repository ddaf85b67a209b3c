/** Browsers may find the server below a path of a host that serves others too. */

/** It returns `/fleet` for `fleet`, `/fleet/` and the like, and nothing for `/`. It throws a plain error for what is no path. */
export function normalBasePath(text: string): string {
  const parts = text.split("/").filter((part) => part !== "");
  if (parts.every((part) => /^[\w.~-]+$/.test(part) && part !== "." && part !== ".."))
    return parts.map((part) => `/${part}`).join("");
  throw new Error(`"${text}" is no base path: give the part of the address behind the host, as in /fleet`);
}

/** It returns the path as the routes know it. A proxy may have taken the base path away already. */
export function withoutBasePath(url: string, basePath: string): string {
  if (basePath === "" || !url.startsWith(basePath)) return url;
  const rest = url.slice(basePath.length);
  if (rest === "" || rest.startsWith("?")) return `/${rest}`;
  return rest.startsWith("/") ? rest : url;
}
