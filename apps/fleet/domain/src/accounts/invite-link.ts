/** The one-time link of an invitation carries its token behind the `#`, so browsers don't send it and nothing logs it (C12). */

/** `server` is where browsers find the server. The name is for the person and the browser's store of passwords alone. */
export function inviteLink(server: string, token: string, user: string): string {
  return `${server.replace(/\/+$/, "")}/#${new URLSearchParams({ invite: token, user })}`;
}
