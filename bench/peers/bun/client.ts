/** The load speaks to Bun in the plain JSON of the floors. */

export { makeDialect } from "../../contenders/json-dialect.ts";
