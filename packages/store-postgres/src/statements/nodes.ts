/** The table of nodes lists who is alive: each node moves a counter of its own. */

import type { AliveNode, NodeRow } from "@neverstale/server/store";
import type { SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import { Parameters } from "./parameters.ts";

export function nodesStatement(names: Names): SqlStatement<AliveNode> {
  return { text: `SELECT id, address, model, token, counter FROM ${names.nodes} ORDER BY id`, values: [] };
}

export function enterStatement(names: Names, { id, address, model, token }: NodeRow): SqlStatement<never> {
  const parameters = new Parameters();
  const text = (value: string) => parameters.add("text", value);
  return parameters.statement(`INSERT INTO ${names.nodes} (id, address, model, token)
VALUES (${text(id)}, ${text(address)}, ${parameters.add("bigint", model)}, ${text(token)})
ON CONFLICT (id) DO UPDATE SET address = excluded.address, model = excluded.model, token = excluded.token`);
}

/** With a counter, only a node goes whose counter has stood still there. */
export function removeNodeStatement(
  names: Names,
  id: string,
  counter: number | null,
): SqlStatement<{ readonly id: string }> {
  const parameters = new Parameters();
  const still = counter === null ? "" : `AND counter = ${parameters.add("bigint", counter)}`;
  return parameters.statement(
    `DELETE FROM ${names.nodes} WHERE id = ${parameters.add("text", id)} ${still} RETURNING id`,
  );
}
