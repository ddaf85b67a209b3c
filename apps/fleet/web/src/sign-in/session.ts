import type { LoginRequest, Problem, SessionAnswer, SetupRequest } from "@neverstale/fleet-domain";

export type SessionState =
  /** Not asked yet. */
  | { readonly phase: "unknown" }
  /** `before`: who was signed in on this page until the session ended; null at the start and after signing out. */
  | { readonly phase: "signed_out"; readonly before: string | null }
  | { readonly phase: "signed_in"; readonly user: string; readonly role: SessionAnswer["role"] };

/** A request that was refused, in the server's words; `code` is null when no answer came. */
export class RequestFailed extends Error {
  override readonly name = "RequestFailed";
  readonly code: Problem["code"] | null;

  constructor(code: Problem["code"] | null, message: string) {
    super(message);
    this.code = code;
  }
}

/** Who is signed in on this page. The session itself is a cookie that no script can read. */
export class Session {
  #state: SessionState = { phase: "unknown" };
  #csrfToken: string | null = null;
  readonly #listeners = new Set<() => void>();

  get state(): SessionState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks the server who is signed in. Rejects when it can't be reached. */
  async load(): Promise<void> {
    const answer = await ask("/api/session", { method: "GET" });
    if (answer.status === 401) return this.ended();
    this.#opened(await bodyOf<SessionAnswer>(answer));
  }

  async signIn(request: LoginRequest): Promise<void> {
    this.#opened(await bodyOf<SessionAnswer>(await post("/api/login", request, null)));
  }

  /** Takes up the one-time link that a new server prints. */
  async setUp(request: SetupRequest): Promise<void> {
    this.#opened(await bodyOf<SessionAnswer>(await post("/api/setup", request, null)));
  }

  async signOut(): Promise<void> {
    await bodyOf(await this.post("/api/logout", {}));
    this.#csrfToken = null;
    this.#become({ phase: "signed_out", before: null });
  }

  /** The server takes this session no more. */
  ended(): void {
    if (this.#state.phase === "signed_out") return;
    this.#csrfToken = null;
    this.#become({ phase: "signed_out", before: this.#state.phase === "signed_in" ? this.#state.user : null });
  }

  /** The token for the header of a request that changes something; `fresh` asks the server for it again. */
  async csrfToken(fresh = false): Promise<string> {
    if (fresh || this.#csrfToken === null) await this.load();
    if (this.#csrfToken === null) throw new RequestFailed("not_signed_in", "The session has ended.");
    return this.#csrfToken;
  }

  /** A request that changes something, with the token; one refused for its token is sent once more with a fresh one. */
  async post(path: string, body: object): Promise<Response> {
    const answer = await post(path, body, await this.csrfToken());
    return answer.status === 403 ? post(path, body, await this.csrfToken(true)) : answer;
  }

  #opened(answer: SessionAnswer): void {
    this.#csrfToken = answer.csrfToken;
    const now = this.#state;
    if (now.phase === "signed_in" && now.user === answer.user && now.role === answer.role) return;
    this.#become({ phase: "signed_in", user: answer.user, role: answer.role });
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function post(path: string, body: object, csrfToken: string | null): Promise<Response> {
  const headers = { "content-type": "application/json", ...(csrfToken === null ? {} : { "x-csrf-token": csrfToken }) };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch {
    throw new RequestFailed(null, "The server can't be reached.");
  }
}

/** The answer of a request that went well; throws the problem that the server tells of otherwise. */
export async function bodyOf<T>(answer: Response): Promise<T> {
  if (answer.ok) return answer.status === 204 ? (null as T) : ((await answer.json()) as T);
  const problem: Partial<Problem> = await answer.json().catch(() => ({}));
  throw new RequestFailed(problem.code ?? null, problemWords(problem, answer.status));
}

function problemWords({ detail, hint }: Partial<Problem>, status: number): string {
  const words = [detail, hint].filter((text) => text !== undefined && text !== "").join(" ");
  return words === "" ? `The server answered with status ${status}.` : words;
}
