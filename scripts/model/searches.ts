/** This lists the searches that `npm run model` makes through the models in docs/model. */

export interface Search {
  readonly name: string;
  /** It is the file in docs/model, without its ending. */
  readonly model: "sync" | "nodes";
  /** The model's preprocessor is given these. */
  readonly defines: readonly string[];
  /** With true it looks for an execution that never ends, instead of for broken assertions and a wrong end. */
  readonly cycles?: boolean;
  readonly expect: "sound" | "violation";
  readonly long?: boolean;
}

const ONE_AUTHORITY: readonly Search[] = [
  sound("sync", "one replica, every fault", "REPLICAS=1", "BEACONS=1"),
  { ...sound("sync", "one replica: every execution ends", "REPLICAS=1"), cycles: true },
  sound("sync", "two replicas: cut, crash, restore", "SLIPS=0", "TRIMS=0"),
  long(sound("sync", "one replica, two restores, four changes", "REPLICAS=1", "RESTORES=2", "CHANGES=4")),
  long(sound("sync", "two replicas, and a frame lost or doubled", "TRIMS=0")),
  violation("sync", "NO_LINEAGE", "REPLICAS=1"),
  violation("sync", "NO_ROW", "REPLICAS=1"),
  violation("sync", "KEEP_EPOCH", "REPLICAS=1"),
  violation("sync", "NO_GAP_CHECK", "REPLICAS=1"),
  violation("sync", "STALE_SNAPSHOT", "REPLICAS=1"),
  violation("sync", "NO_SOCKET_CHECK", "REPLICAS=1"),
  violation("sync", "PUBLISH_FIRST", "REPLICAS=1"),
  { ...violation("sync", "NO_DRIFT_CHECK", "REPLICAS=1"), cycles: true },
];

const THREE = ["NODES=3", "CHANGES=1", "FRAMES=1"];
const NO_LOSS = ["LOSSES=0", "UNKNOWNS=0"];
/** A connection that is judged anew after a reload gets a full state, also for a position beyond the newest epoch's end. */
const ANEW = ["FULL_STATE_ANEW", "MOVES=0", "CHANGES=1", "TAKEOVERS=0"];

const MANY_NODES: readonly Search[] = [
  sound("nodes", "takeovers, a lost answer, a caller", "LOSSES=0", "WAITERS=1"),
  sound("nodes", "a lost tail, a takeover, a caller", "UNKNOWNS=0", "CHANGES=1", "WAITERS=1"),
  sound("nodes", "a lost tail, two groups", "UNKNOWNS=0", "TAKEOVERS=0"),
  sound("nodes", "the replica asks for the full state", ...NO_LOSS, "ASKS=1", "FRAMES=1"),
  sound("nodes", "two seconds and a beacon", ...NO_LOSS, "MOVES=0", "CHANGES=1", "BEACONS=1", "TICKS=2"),
  sound(
    "nodes",
    "an old primary that lives on",
    "LOSSES=0",
    "FORKS=1",
    "UNKNOWNS=0",
    "CHANGES=1",
    "FRAMES=1",
    "TAKEOVERS=0",
    "WAITERS=1",
  ),
  { ...sound("nodes", "many nodes: every execution ends", "UNKNOWNS=0", "CHANGES=1", "TAKEOVERS=0"), cycles: true },
  sound("nodes", "reads that come late", "UNKNOWNS=0", "MOVES=0", "CHANGES=1", "FRAMES=1", "LATE_READS"),
  sound("nodes", "a reloaded node serves at once, and answers 1013", "UNKNOWNS=0", "CHANGES=1", "SERVES_AT_ONCE"),
  sound("nodes", "a lost tail, and a lost answer", "CHANGES=1", "TAKEOVERS=0", "FRAMES=1"),
  sound("nodes", "three nodes, a takeover", ...THREE, ...NO_LOSS),
  sound("nodes", "three nodes, a lost tail, a caller", ...THREE, "UNKNOWNS=0", "TAKEOVERS=0", "WAITERS=1"),
  long(sound("nodes", "an old primary, and a takeover", "LOSSES=0", "FORKS=1", "UNKNOWNS=0", "CHANGES=1", "FRAMES=1")),
  violation("nodes", "NO_PREDECESSOR", "UNKNOWNS=0", "MOVES=0"),
  violation("nodes", "EPOCH_KEPT", "UNKNOWNS=0"),
  violation("nodes", "TERM_GOES_ON", "TAKEOVERS=0"),
  violation("nodes", "OWN_TAKEOVER_AGAIN", "MOVES=0"),
  violation("nodes", "PUSH_BY_SEQUENCE", "MOVES=0", "TAKEOVERS=0"),
  violation("nodes", "BEACON_UNCONFIRMED", ...NO_LOSS, "BEACONS=1", "TICKS=2", "MOVES=0"),
  violation("nodes", "AGE_FROM_ARRIVAL", ...NO_LOSS, "BEACONS=1", "TICKS=2", "MOVES=0"),
  violation("nodes", "CONFIRMATION_CARRIED", "UNKNOWNS=0", "BEACONS=1", "TICKS=2", "MOVES=0", "CHANGES=1"),
  violation("nodes", "CHECK_UNCONFIRMED", ...NO_LOSS, "WAITERS=1"),
  violation("nodes", "JUDGED_UNCONFIRMED", ...NO_LOSS),
  violation("nodes", "INIT_BEYOND", "UNKNOWNS=0", "CHANGES=1"),
  violation("nodes", "STEP_BEHIND", ...NO_LOSS, "MOVES=0"),
  violation("nodes", "OLD_SNAPSHOT", ...NO_LOSS, "MOVES=0", "ASKS=1"),
  violation("nodes", "FULL_STATE_ANEW", "LATE_READS", "UNKNOWNS=0", "MOVES=0", "CHANGES=1", "FRAMES=1"),
  violation("nodes", "SERVES_AT_ONCE", ...ANEW, "UNKNOWNS=0"),
  violation("nodes", "WAKES_BEHIND", ...ANEW, "UNKNOWNS=0"),
  violation("nodes", "WAKES_BY_PUSH", "FULL_STATE_ANEW", "UNKNOWNS=0", "MOVES=0", "TAKEOVERS=0"),
  violation("nodes", "BEAT_BESIDE", ...ANEW, "UNKNOWNS=0"),
  violation("nodes", "BEAT_FORGOTTEN", ...ANEW),
];

export const SEARCHES: readonly Search[] = [...ONE_AUTHORITY, ...MANY_NODES];

function sound(model: Search["model"], name: string, ...defines: readonly string[]): Search {
  return { name, model, defines, expect: "sound" };
}

/** Every rule that is taken out must lead to a violation, or the model proves nothing. */
function violation(model: Search["model"], name: string, ...defines: readonly string[]): Search {
  return { name, model, defines: [name, ...defines], expect: "violation" };
}

function long(search: Search): Search {
  return { ...search, long: true };
}
