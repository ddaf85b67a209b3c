/** An authority of hosts which remembers every state that it ever had. */

import { type Diff, digestOf, type StateRecord } from "@neverstale/protocol";

export type Hosts = ReadonlyMap<string, StateRecord>;

/** Its states by version: the first one is empty. */
export class RememberedAuthority {
  readonly states: Hosts[] = [new Map()];

  get version(): number {
    return this.states.length - 1;
  }

  get hosts(): Hosts {
    return this.states[this.version] as Hosts;
  }

  put(id: string, cpu: number): void {
    this.states.push(new Map(this.hosts).set(id, { id, cpu }));
  }

  remove(id: string): void {
    const hosts = new Map(this.hosts);
    hosts.delete(id);
    this.states.push(hosts);
  }

  diffFrom(version: number): Diff {
    const before = this.states[version] as Hosts;
    const changed = [...this.hosts.values()].filter((record) => before.get(record.id) !== record);
    const gone = [...before.keys()].filter((id) => !this.hosts.has(id));
    return { hosts: { put: changed, remove: gone } };
  }

  get digest(): string {
    return digestOf({ hosts: this.hosts });
  }
}
