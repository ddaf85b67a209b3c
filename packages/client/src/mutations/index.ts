export { type MutationsOptions, mutations } from "./mutations.ts";
