/** The parameters of a statement are collected here, while its text is made. */

import type { SqlStatement, SqlValue } from "../database.ts";

export class Parameters {
  readonly #values: SqlValue[] = [];

  /** It returns what stands for the value in the text. */
  add(type: SqlType, value: SqlValue): string {
    this.#values.push(value);
    return `$${this.#values.length}::${type}`;
  }

  /** It returns `unnest` of one array for each column, so that a statement is as long for a thousand rows as for one. */
  rows<Row>(rows: readonly Row[], columns: readonly UnnestColumn<Row>[]): string {
    const arrays = columns.map(({ type, of }) => this.add(`${type}[]`, rows.map(of)));
    return `unnest(${arrays.join(", ")})`;
  }

  /**
   * It returns the rows as a table `u`, whose last column `place` numbers them from 1 on. A row that is alone is given as it is: an
   * array would be a text in which every quote of a group's changes is escaped, here and there.
   */
  numbered<Row>(rows: readonly Row[], columns: Readonly<Record<string, UnnestColumn<Row>>>): string {
    const alias = `u(${[...Object.keys(columns), "place"].join(", ")})`;
    const [only] = rows;
    if (only === undefined || rows.length > 1)
      return `${this.rows(rows, Object.values(columns))} WITH ORDINALITY AS ${alias}`;
    const values = Object.values(columns).map(({ type, of }) => this.add(type, of(only)));
    return `(VALUES (${values.join(", ")}, 1::bigint)) AS ${alias}`;
  }

  statement<Answered>(text: string): SqlStatement<Answered> {
    return { text, values: this.#values };
  }
}

type ScalarType = "bigint" | "boolean" | "double precision" | "integer" | "text";
export type SqlType = ScalarType | `${ScalarType}[]`;

export interface UnnestColumn<Row> {
  readonly type: ScalarType;
  readonly of: (row: Row) => string | number | boolean | null;
}
