/** Sessions say who may come in. No crash loses them, because they are not what is tested here. */

export class SimSessions {
  /**
   * It is null for a client with a token of its own, such as agents have. No browser sends that by itself, so no CSRF
   * token is asked for.
   */
  readonly #tokens = new Map<string, string | null>();
  readonly #out = new Set<string>();
  #count = 0;

  add(client: string, inBrowser: boolean): void {
    this.#tokens.set(client, inBrowser ? "token-0" : null);
  }

  /** The CSRF token is another one from now on. */
  rotate(client: string): void {
    if ((this.#tokens.get(client) ?? null) === null) return;
    this.#count += 1;
    this.#tokens.set(client, `token-${this.#count}`);
  }

  tokenOf(client: string): string {
    return this.#tokens.get(client) ?? "";
  }

  isSignedIn(client: string): boolean {
    return !this.#out.has(client);
  }

  admits(client: string, csrf: string | null): boolean {
    const token = this.#tokens.get(client) ?? null;
    return this.isSignedIn(client) && (token === null || token === csrf);
  }

  signOut(client: string): void {
    this.#out.add(client);
  }

  signIn(client: string): void {
    this.#out.delete(client);
  }
}
