/** The proofs of a store are made by the secret that it keeps, which is read when it is first needed (rule V15). */

import type { AnyState } from "@neverstale/protocol";
import type { Runtime } from "../../runtime/runtime.ts";
import { Proofs } from "./proofs.ts";
import { PROOFS_SECRET, SECRETS_SPACE, type Secrets } from "./secrets-space.ts";

export class StoreProofs {
  readonly #groups: SecretGroups;
  #secret = "";
  #proofs: Proofs | null = null;

  constructor(groups: SecretGroups) {
    this.#groups = groups;
  }

  /** It is null where the secret has not been heard of yet. */
  get now(): Proofs | null {
    const secrets = this.#groups.space(SECRETS_SPACE)?.state.secrets as Secrets | undefined;
    const secret = secrets?.get(PROOFS_SECRET)?.secret;
    if (secret === undefined) return null;
    if (this.#proofs === null || this.#secret !== secret) {
      const { runtime } = this.#groups;
      this.#proofs = new Proofs(secret, (by, text) => runtime.authenticate(by, text));
      this.#secret = secret;
    }
    return this.#proofs;
  }
}

interface SecretGroups {
  readonly runtime: Pick<Runtime, "authenticate">;
  space(name: string): { readonly state: AnyState } | null;
}
