/** The browser remembers who is signed in, without anything secret, so that the page opens while the server is away. */

import type { Role } from "@neverstale/fleet-domain";

export interface RememberedVisitor {
  readonly user: string;
  readonly role: Role;
  /** Null stands for the whole fleet. */
  readonly tags: readonly string[] | null;
}

export interface VisitorMemory {
  /** Null means that nobody is signed in, as far as this browser knows. */
  read(): RememberedVisitor | null;
  keep(visitor: RememberedVisitor): void;
  forget(): void;
  /** Somebody has left while the server was away, which has still to be told. */
  leave(): void;
  isLeaving(): boolean;
  /** The server knows. */
  hasLeft(): void;
}

/** It returns null for what is none. */
export function readRemembered(text: string | null): RememberedVisitor | null {
  if (text === null) return null;
  try {
    const { user, role, tags } = JSON.parse(text) as Partial<RememberedVisitor>;
    if (typeof user !== "string" || user === "" || !ROLES.has(String(role))) return null;
    const isTags = tags === null || (Array.isArray(tags) && tags.every((tag) => typeof tag === "string"));
    return isTags ? { user, role: role as Role, tags: tags ?? null } : null;
  } catch {
    return null;
  }
}

const ROLES: ReadonlySet<string> = new Set<Role>(["viewer", "operator", "admin"]);
