/** Some requests want that the visitor has shown the password or a code not long ago. The page asks for it then, and repeats the request. */

import { createContext, useContext, useSyncExternalStore } from "react";
import { problemCode } from "./problem-code.ts";

export class Reauthentication {
  readonly #listeners = new Set<() => void>();
  #asked: Asked | null = null;

  /** The sheet that asks is open as long as this is there. */
  get asked(): Asked | null {
    return this.#asked;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** It rejects as the request does, also when the visitor has turned away. */
  async around<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (problemCode(error) !== "confirmation_required") throw error;
      await this.#ask();
      return await request();
    }
  }

  /** One sheet serves all who ask while it is open. */
  #ask(): Promise<void> {
    const { promise, resolve, reject } = this.#asked ?? Promise.withResolvers<void>();
    const close = (settle: () => void) => () => {
      this.#become(null);
      settle();
    };
    const cancelled = () => reject(new Error("You have not confirmed who you are, so nothing was done."));
    this.#become({ promise, resolve: close(resolve), reject: close(cancelled) });
    return promise;
  }

  #become(asked: Asked | null): void {
    this.#asked = asked;
    for (const listener of this.#listeners) listener();
  }
}

interface Asked {
  readonly promise: Promise<void>;
  /** The visitor has confirmed it. */
  readonly resolve: () => void;
  /** The visitor has turned away. */
  readonly reject: () => void;
}

export const ReauthenticationContext = createContext<Reauthentication | null>(null);

export function useReauthentication(): Asked | null {
  const reauthentication = useContext(ReauthenticationContext);
  if (reauthentication === null) throw new Error("no Reauthentication around this component");
  return useSyncExternalStore(reauthentication.subscribe, () => reauthentication.asked);
}
