/** The node list knows which nodes are alive, and takes those away that are not (rule N11). */

import type { Millis } from "@neverstale/base";
import type { Runtime } from "../runtime/runtime.ts";
import type { AliveNode, NodeRow, NodeTable } from "../store/node-table.ts";

export class NodeList {
  readonly row: NodeRow;
  readonly #table: NodeTable;
  readonly #runtime: Pick<Runtime, "now">;
  /** By the id of a node: its counter, and since when it has stood still. */
  #seen = new Map<string, Seen>();
  #listedAt: Millis = Number.NEGATIVE_INFINITY;
  #nodes: readonly AliveNode[] = [];

  constructor(row: NodeRow, table: NodeTable, runtime: Pick<Runtime, "now">) {
    this.row = row;
    this.#table = table;
    this.#runtime = runtime;
  }

  get nodes(): readonly AliveNode[] {
    return this.#nodes;
  }

  /** Those that may take over from this one. */
  get others(): readonly AliveNode[] {
    return this.#nodes.filter(({ id }) => id !== this.row.id);
  }

  /** A node of an older model may be alive (rule T6). */
  get hasOlder(): boolean {
    return this.others.some((node) => node.model < this.row.model && !this.#isGone(node));
  }

  /** A node that is not in the list has shown the token of this one. So the list that it read is newer. */
  heardOf(id: string): void {
    if (!this.#nodes.some((node) => node.id === id)) this.#listedAt = Number.NEGATIVE_INFINITY;
  }

  /** It is to be read with the next round. */
  get isDue(): boolean {
    return this.#runtime.now() - this.#listedAt >= READ_MS;
  }

  /** Reads the list when it was read long enough ago. It returns true when it did. */
  async readIfDue(): Promise<boolean> {
    if (!this.isDue) return false;
    await this.read();
    return true;
  }

  async read(): Promise<void> {
    this.#nodes = await this.#table.listNodes();
    const now = this.#runtime.now();
    this.#listedAt = now;
    const before = this.#seen;
    this.#seen = new Map(
      this.#nodes.map(({ id, counter }) => {
        const seen = before.get(id);
        return [id, seen?.counter === counter ? seen : { counter, since: now }];
      }),
    );
  }

  /** The writer takes rows away whose counters have stood still for long. */
  async removeGone(): Promise<void> {
    for (const node of this.others) if (this.#isGone(node)) await this.#table.removeNode(node);
  }

  #isGone({ id }: AliveNode): boolean {
    const seen = this.#seen.get(id);
    return seen !== undefined && this.#listedAt - seen.since >= GONE_MS;
  }
}

interface Seen {
  readonly counter: number;
  readonly since: Millis;
}

const READ_MS = 2_000;
/** A node whose counter has not moved for so long is gone. If it isn't, it lists itself again. */
const GONE_MS = 10_000;
