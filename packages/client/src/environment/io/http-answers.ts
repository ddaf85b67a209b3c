/** A request of the HTTP profile goes over a `fetch`, and its answer is read as it comes. */

import type { HttpEvents, OpenHttp } from "../environment.ts";

/** Returns what `fallbackOver` needs. The headers go with every request, such as a bearer credential. */
export function openHttpWith(fetchIt: typeof fetch, headers: Readonly<Record<string, string>> = {}) {
  return (url: string, events: HttpEvents): OpenHttp => {
    const abort = new AbortController();
    const { signal } = abort;
    const answer = Promise.resolve().then(() =>
      fetchIt(url, { headers: { ...headers }, credentials: "same-origin", signal }),
    );
    void readAnswer(answer, events, signal);
    return { close: () => abort.abort() };
  };
}

/** Nothing is told of a request that was closed. */
async function readAnswer(asked: Promise<Response>, events: HttpEvents, signal: AbortSignal): Promise<void> {
  const tell = (run: () => void): void => {
    if (!signal.aborted) run();
  };
  try {
    const { status, headers, body } = await asked;
    tell(() => events.answered({ status, header: (name) => headers.get(name) }));
    await readBody(body, (text) => tell(() => events.received(text)));
  } catch {
    return tell(() => events.failed());
  }
  tell(() => events.ended());
}

async function readBody(body: Response["body"], received: (text: string) => void): Promise<void> {
  if (body === null) return;
  const decoder = new TextDecoder();
  for (const reader = body.getReader(); ; ) {
    const { done, value } = await reader.read();
    const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
    if (text !== "") received(text);
    if (done) return;
  }
}
