/** A build for production freezes nothing that readers get. */

/** Returns true where this was built, or started, for production. Where nobody says so, it was not. */
export function isProduction(): boolean {
  try {
    return process.env.NODE_ENV === "production";
  } catch {
    return false;
  }
}

/** Bundlers put the value in the place of this expression. Node has it. Elsewhere reading it throws. */
declare const process: { readonly env: { readonly NODE_ENV?: string } };
