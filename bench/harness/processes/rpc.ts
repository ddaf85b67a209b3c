/** The harness calls its child processes over Node's own channel. */

import type { ChildProcess } from "node:child_process";

/** A child offers methods, each of which takes one value and answers with one. */
export type Api = Readonly<Record<string, (argument: never) => unknown>>;

export type Remote<A extends Api> = {
  readonly [M in keyof A]: (...argument: Parameters<A[M]>) => Promise<Awaited<ReturnType<A[M]>>>;
};

interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A child answers the harness's calls until the harness goes away. Then the child ends, too. */
export function serveCalls(api: Api): void {
  process.on("message", (message) => void answer(api, message as Call));
  process.on("disconnect", () => process.exit(0));
}

async function answer(api: Api, call: Call): Promise<void> {
  const reply = (answered: Answer): unknown => process.send?.(answered);
  try {
    const method = api[call.method] as ((argument: unknown) => unknown) | undefined;
    if (method === undefined) throw new Error(`no method "${call.method}"`);
    reply({ id: call.id, value: await method(call.argument) });
  } catch (error) {
    reply({ id: call.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

/** The harness gets the child's methods as functions. They reject when the child ends. */
export function callsTo<A extends Api>(child: ChildProcess, name: string): Remote<A> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastId = 0;
  let ended: string | null = null;
  child.on("message", (message) => {
    const { id, value, error } = message as Answer;
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(new Error(`${name}: ${error}`));
  });
  child.on("exit", (code, signal) => {
    ended = `${name} ended with ${code ?? signal}`;
    for (const call of waiting.values()) call.reject(new Error(ended));
    waiting.clear();
  });
  const call = (method: string, argument: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(new Error(ended));
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      child.send({ id: lastId, method, argument } satisfies Call);
    });
  return new Proxy(
    {},
    { get: (_, method) => (method === "then" ? undefined : (argument: unknown) => call(String(method), argument)) },
  ) as Remote<A>;
}
