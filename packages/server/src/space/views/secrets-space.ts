/** A space of its own holds the secret of the store, by which tickets are made (rule V15). Nobody may follow it. */

import { collection, defineModel, put, type StateOf } from "@neverstale/protocol";

/** The secret is a record, so that it is drawn in a transaction, comes back after a restart, and goes to every node with the chain. */
export const SECRETS_SPACE = "~secrets";

export const secretsModel = defineModel({
  model: 0,
  collections: { secrets: collection<{ readonly id: string; readonly secret: string }>() },
  changes: { secret_drawn: put("secrets") },
});

/** The record with this id is the secret under which proofs are made. */
export const PROOFS_SECRET = "proofs";

export type Secrets = StateOf<typeof secretsModel>["secrets"];
