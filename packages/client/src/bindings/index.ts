export { type OwnedReplica, type OwnedReplicaOptions, ownedReplica } from "./owned-replica.ts";
export { type PaceableReplica, pacedReplica } from "./paced-replica.ts";
export { mutateOf, type Requests, requestsOf } from "./requests.ts";
export {
  type Arrangement,
  listSelection,
  pendingSelection,
  recordSelection,
  stateSelection,
  viewSelection,
} from "./selections.ts";
