/** These codes say why a connection was closed, and so what the replica does next (rule M7). As `CLOSE` they are used by name. */

export const comeBackNow = 1012;
export const comeBackLater = 1013;
export const badMessage = 4400;
export const notSignedIn = 4401;
export const forbidden = 4403;
export const unknownSpace = 4404;
export const tooSlow = 4408;
export const clientTooOld = 4426;

export type CloseCode =
  | RevocationCode
  | typeof comeBackLater
  | typeof badMessage
  | typeof unknownSpace
  | typeof tooSlow
  | typeof clientTooOld;

/**
 * A connection whose rights have changed is closed with one of these (rule A11): with `comeBackNow` where it may see something else now,
 * which it is granted when it is back (rule V16).
 */
export type RevocationCode = typeof notSignedIn | typeof forbidden | typeof comeBackNow;
