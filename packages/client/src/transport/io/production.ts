/** Bundlers put the value in the place of this expression; Node has it; elsewhere reading it throws. */
declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** Whether this was built, or started, for production. Where nobody says so it was not. */
export function isProduction(): boolean {
  try {
    return process.env.NODE_ENV === "production";
  } catch {
    return false;
  }
}
