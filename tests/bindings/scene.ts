/** A scene is one behaviour's stage, place and binding, with what the behaviour does there. */

import { type Listener, StateSync, type Unsubscribe } from "@neverstale/client";
import type { OwnedReplicaOptions } from "@neverstale/client/bindings";
import { mutations } from "@neverstale/client/mutations";
import type { Binding, Mounted, Tree } from "./binding.ts";
import type { Board } from "./board.ts";
import { eventually } from "./checks.ts";
import type { Stage } from "./stage.ts";

export class Scene {
  readonly place: HTMLElement = document.body.appendChild(document.createElement("div"));
  readonly stage: Stage;
  readonly #binding: Binding;
  readonly #replicas: StateSync<Board>[] = [];
  #mounted: Mounted | null = null;

  constructor(binding: Binding, stage: Stage) {
    this.#binding = binding;
    this.stage = stage;
  }

  /** It is where a replica of the stage follows. */
  address(): OwnedReplicaOptions {
    const { url, io } = this.stage;
    return io === undefined ? { url } : { url, io };
  }

  /** It returns a replica that is live. */
  async follow(): Promise<CountedSync> {
    const sync = new CountedSync({ ...this.address(), mutations: mutations() });
    this.#replicas.push(sync);
    await eventually(() => sync.status.type, "live");
    sync.listening = 0;
    return sync;
  }

  show(tree: Tree): void {
    if (this.#mounted === null) this.#mounted = this.#binding.mount(this.place, tree);
    else this.#mounted.update(tree);
  }

  takeOver(tree: Tree): void {
    this.#mounted = this.#binding.hydrate(this.place, tree);
  }

  unmount(): void {
    this.#mounted?.unmount();
    this.#mounted = null;
  }

  /** It waits until the paragraphs have these texts. */
  shows(...texts: readonly string[]): Promise<void> {
    return eventually(() => this.#texts(), texts);
  }

  /** It notes what can be seen after each step in which the page was altered. It returns what it has noted, one text a step. */
  paintings(): () => readonly string[] {
    const noted: string[] = [];
    const observer = new MutationObserver(() => noted.push(this.#texts().join()));
    observer.observe(this.place, { childList: true, characterData: true, subtree: true });
    return () => noted;
  }

  end(): void {
    this.unmount();
    for (const sync of this.#replicas) sync.stop();
    this.place.remove();
  }

  #texts(): string[] {
    return [...this.place.querySelectorAll("p")].map(({ textContent }) => textContent);
  }
}

/** It counts who listens to it. */
export class CountedSync extends StateSync<Board> {
  listening = 0;

  override subscribe(listener: Listener): Unsubscribe {
    return this.#counted(super.subscribe(listener));
  }

  override subscribeCollection(collection: "cards", listener: Listener): Unsubscribe {
    return this.#counted(super.subscribeCollection(collection, listener));
  }

  override subscribeRecord(collection: "cards", id: string, listener: Listener): Unsubscribe {
    return this.#counted(super.subscribeRecord(collection, id, listener));
  }

  #counted(leave: Unsubscribe): Unsubscribe {
    this.listening++;
    return () => {
      this.listening--;
      leave();
    };
  }
}
