import type { LoginRequest, Problem, SessionAnswer, SetupRequest } from "@neverstale/fleet-domain";
import { sentences } from "../state/format.ts";
import { at } from "../state/io/base-path.ts";

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
    const answer = await ask("/api/session/here", { method: "GET" });
    if (answer.status === 204) return this.ended();
    this.#opened(await bodyOf(answer));
  }

  async signIn(request: LoginRequest): Promise<void> {
    this.#opened(await bodyOf(await post("/api/login", request)));
  }

  /** Takes up the one-time link that a new server prints. */
  async setUp(request: SetupRequest): Promise<void> {
    this.#opened(await bodyOf(await post("/api/setup", request)));
  }

  /** The visitor left. */
  left(): void {
    this.#become({ phase: "signed_out", before: null });
  }

  /** The server takes this session no more. */
  ended(): void {
    if (this.#state.phase === "signed_out") return;
    this.#become({ phase: "signed_out", before: this.#state.phase === "signed_in" ? this.#state.user : null });
  }

  #opened({ user, role }: SessionAnswer): void {
    this.#become({ phase: "signed_in", user, role });
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function post(path: string, body: LoginRequest | SetupRequest): Promise<Response> {
  return ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(at(path), { ...init, credentials: "same-origin", cache: "no-store" });
  } catch {
    throw new RequestFailed(null, "The server can't be reached.");
  }
}

/** The session that the answer tells of; throws the problem it tells of otherwise. */
async function bodyOf(answer: Response): Promise<SessionAnswer> {
  if (answer.ok) return answer.json();
  const problem: Partial<Problem> = await answer.json().catch(() => ({}));
  throw new RequestFailed(problem.code ?? null, problemWords(problem, answer.status));
}

function problemWords({ detail, hint }: Partial<Problem>, status: number): string {
  const words = sentences(detail, hint);
  return words === "" ? `The server answered with status ${status}.` : words;
}
