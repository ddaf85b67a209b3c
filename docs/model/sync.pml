/*
 * This model walks through handshake, resume, epoch and gap with one authority and two replicas, in every interleaving.
 *
 * It models the rules A1, A4-A8, E1-E5, R1-R4 and R8 of packages/protocol/SPEC.md. README.md says what is left out.
 *
 * A change is its identity, 1..CHANGES, and each identity is used once. A history is the sequence of them, with three bits for
 * each version, so that two changes that got the same version in different histories differ. What a replica shows is such a
 * sequence, too: a diff brings the slots above `from`, and a full state brings all of them.
 *
 * Each fault has a budget and may also not happen. Nothing else repeats, so every execution ends, and the replicas converge to
 * what holds at its end.
 */

#ifndef CHANGES
#define CHANGES 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef RESTORES
#define RESTORES 1
#endif
#ifndef CUTS
#define CUTS 1      /* So many connections break with frames in flight. Both replicas are alike, so only the first is cut off. */
#endif
#ifndef SLIPS
#define SLIPS 1     /* Somebody between the two ends swallows so many deltas, or sends them twice. */
#endif
#ifndef TRIMS
#define TRIMS 1     /* Old tombstones go so many times. */
#endif
#ifndef BEACONS
#define BEACONS 0   /* So many beacons come besides those that a rule asks for. */
#endif
#ifndef REPLICAS
#define REPLICAS 2
#endif
#ifndef FRAMES
#define FRAMES 2    /* So many frames may be in flight on one connection. */
#endif

#define EPOCHS (1 + CRASHES + RESTORES)

#define prefix(history, version) ((history) & ((1 << (3 * (version))) - 1))
#define slots(history, from, to) (prefix(history, to) & ~((1 << (3 * (from))) - 1))

mtype = { full_state, delta, sync, resumed, get_state };

/* ---- The authority has this on its disk ---- */
typedef Disk {
  byte head;
  short history;
  byte floor;                /* Diffs can be made from here on, as older tombstones are gone (A5). */
  byte known;                /* It has one bit for each listed epoch (E1). */
  byte first[EPOCHS + 1]     /* This is the lineage: the first version of an epoch, and 0 while it has no row. */
};

Disk disk, backup;
bool hasBackup;
bool up = true;
byte epoch = 1;              /* Epochs are numbered in the order of their starts. A number stands for a random id. */
byte lastEpoch = 1;
bool hasSnapshot;
byte snapshot;               /* This is the version of the newest snapshot that was built since the start. */
byte nextChange = 1;
byte crashes = CRASHES, restores = RESTORES, cuts = CUTS, slips = SLIPS, trims = TRIMS, beacons = BEACONS;

/* ---- Each connection has a cursor, and frames in flight ---- */
typedef Connection {
  bool live;                 /* The authority sees it as live. */
  byte cursor;
  bool asked;                /* A get_state was taken and is not yet answered (A8). */
  bool owesSync;             /* A sync is due after a handshake or a full state (E4). */
  bit sent                   /* This bit turns with every full state that is put. */
};

Connection conn[REPLICAS];
/* A frame holds epoch, from, version, history or digest, and a bit. */
chan down[REPLICAS] = [FRAMES] of { mtype, byte, byte, byte, short, bit };
/* A request is get_state, with the bit of the last full state that was taken in. */
chan upward[REPLICAS] = [2] of { mtype, bit };

/* ---- Each replica knows this ---- */
typedef Replica {
  bool open;
  bool broken;               /* The socket is dead and the replica has not noticed yet. */
  bool has;                  /* A state has come. */
  byte epoch;
  byte version;
  short history;
  bool waits;                /* A get_state is out (R2). */
  bit taken;                 /* This is the bit of the last full state that was taken in: its ack would say it. */
  bool hasLate;              /* A frame of an earlier socket is still on its way (R8). */
  mtype lateKind;
  byte lateEpoch, lateFrom, lateVersion;
  short lateHistory
};

Replica rep[REPLICAS];

/* ---- This is what really was: the authority writes it, and the assertions alone read it ---- */
short truth[EPOCHS + 1];     /* This is the committed history of each epoch. */
byte truthHead[EPOCHS + 1];

/* P1: a replica shows at (epoch, version) the authority's committed history there. */
#define P1(c) \
  assert(rep[c].version <= truthHead[rep[c].epoch]); \
  assert(rep[c].history == prefix(truth[rep[c].epoch], rep[c].version))

/* ================================ The authority ================================ */

inline beginEpoch() {
#ifndef KEEP_EPOCH
  lastEpoch++;
  epoch = lastEpoch;
  truth[epoch] = disk.history;
  truthHead[epoch] = disk.head;
#endif
  disk.known = disk.known | (1 << epoch);
  hasSnapshot = false; snapshot = 0;
  printf("the authority starts: epoch %d, head %d\n", epoch, disk.head);
  up = true
}

inline commit() {
  disk.head++;
  disk.history = disk.history | (nextChange << (3 * (disk.head - 1)));
#ifndef NO_ROW
  if
  :: disk.first[epoch] == 0 -> disk.first[epoch] = disk.head
  :: else
  fi;
#endif
  printf("the authority commits change %d as version %d of epoch %d\n", nextChange, disk.head, epoch);
  nextChange++;
#ifndef PUBLISH_FIRST
  assert(disk.head > truthHead[epoch]);  /* P3: (epoch, version) is given to one change only. */
  truth[epoch] = disk.history;
  truthHead[epoch] = disk.head;
#endif
}

inline stop() {
  up = false;
  c = 0;
  do
  :: c < REPLICAS ->
     if
     :: rep[c].open -> rep[c].broken = true
     :: else
     fi;
     conn[c].live = false; conn[c].asked = false; conn[c].owesSync = false;
     do
     :: nempty(upward[c]) -> upward[c] ? _, _
     :: empty(upward[c]) -> break
     od;
     c++
  :: else -> break
  od;
  c = 0
}

inline copyDisk(to, from) {
  to.head = from.head; to.history = from.history; to.floor = from.floor; to.known = from.known;
  e = 0;
  do
  :: e <= EPOCHS -> to.first[e] = from.first[e]; e++
  :: else -> break
  od;
  e = 0
}

/* A value that is never read again must not tell states apart. */
inline forgetBackup() {
  hasBackup = false;
  backup.head = 0; backup.history = 0; backup.floor = 0; backup.known = 0;
  e = 0;
  do
  :: e <= EPOCHS -> backup.first[e] = 0; e++
  :: else -> break
  od;
  e = 0
}

/* A8: a snapshot is at or above the cursor, and a diff can be made from it. An older one is as good as a new one. */
inline putFullState(c) {
  if
#ifdef STALE_SNAPSHOT
  :: hasSnapshot && snapshot >= disk.floor -> skip
#else
  :: hasSnapshot && snapshot >= disk.floor && snapshot >= conn[c].cursor -> skip
#endif
  :: snapshot = disk.head; hasSnapshot = true
  fi;
  conn[c].sent = 1 - conn[c].sent;
  down[c] ! full_state, epoch, 0, snapshot, prefix(disk.history, snapshot), conn[c].sent;
  printf("the authority puts the full state at version %d to replica %d\n", snapshot, c);
  conn[c].cursor = snapshot;
  conn[c].asked = false;
  conn[c].owesSync = true
}

inline putDelta(c) {
  if
  :: down[c] ! delta, 0, conn[c].cursor, disk.head, slots(disk.history, conn[c].cursor, disk.head), 0;
     printf("the authority puts the diff %d..%d to replica %d\n", conn[c].cursor, disk.head, c)
  :: slips > 0 -> slips--;
     printf("the diff %d..%d to replica %d is swallowed on the way\n", conn[c].cursor, disk.head, c)
  :: slips > 0 && len(down[c]) + 1 < FRAMES ->
     slips--;
     printf("the diff %d..%d to replica %d is doubled on the way\n", conn[c].cursor, disk.head, c);
     down[c] ! delta, 0, conn[c].cursor, disk.head, slots(disk.history, conn[c].cursor, disk.head), 0;
     down[c] ! delta, 0, conn[c].cursor, disk.head, slots(disk.history, conn[c].cursor, disk.head), 0
  fi;
  conn[c].cursor = disk.head
}

/* A7: a sync carries the version of the last frame that was put, and the digest only at the head. */
inline putSync(c) {
  if
  :: conn[c].cursor == disk.head -> down[c] ! sync, 0, 0, disk.head, disk.history, 1
  :: else -> down[c] ! sync, 0, 0, conn[c].cursor, 0, 0
  fi
}

#define room(c) (len(down[c]) < FRAMES)
#define level(c) (rep[c].has && rep[c].epoch == epoch && rep[c].version == disk.head && rep[c].history == disk.history)
/* Nothing is on its way and nothing is due, so only the periodic beacon goes on. */
#define idle(c) (conn[c].live && rep[c].open && !rep[c].broken && empty(down[c]) && empty(upward[c]) && \
  !conn[c].asked && !conn[c].owesSync && conn[c].cursor == disk.head && !rep[c].waits)

inline takeRequest(c) {
  upward[c] ? get_state, taken;
  if
  :: taken == conn[c].sent -> conn[c].asked = true
  :: else                    /* A full state is on its way already: it is the answer (A8). */
  fi;
  taken = 0
}

inline putNext(c) {
  if
  :: conn[c].asked || conn[c].cursor < disk.floor -> putFullState(c)
  :: else ->
     if
     :: conn[c].cursor < disk.head -> putDelta(c)
     :: else -> putSync(c); conn[c].owesSync = false
     fi
  fi
}

/* The authority may do one of these next on a connection. */
#define CURSOR_STEPS(n) \
  :: atomic { up && conn[n].live && nempty(upward[n]) -> takeRequest(n) } \
  :: atomic { up && conn[n].live && room(n) && (conn[n].asked || conn[n].cursor < disk.head || conn[n].owesSync) -> putNext(n) } \
  :: atomic { up && conn[n].live && room(n) && !conn[n].asked && beacons > 0 -> beacons--; putSync(n) } \
  :: atomic { up && idle(n) && !level(n) -> putSync(n) }

proctype Authority() {
  byte c, e;
  bit taken;

end:
  do
  :: d_step { up && nextChange <= CHANGES -> commit() }
#ifdef PUBLISH_FIRST
  :: d_step { up && truthHead[epoch] < disk.head -> truth[epoch] = disk.history; truthHead[epoch] = disk.head }
#endif
  :: d_step { up && !hasBackup && restores > 0 -> copyDisk(backup, disk); hasBackup = true;
       printf("a backup is made at version %d\n", disk.head) }
  :: d_step { up && crashes > 0 -> crashes--; stop();
       printf("the authority crashes\n");
#ifdef PUBLISH_FIRST
       disk.head = truthHead[epoch]; disk.history = truth[epoch];
       if
       :: disk.first[epoch] > disk.head -> disk.first[epoch] = 0
       :: else
       fi
#endif
     }
  :: d_step { !up -> beginEpoch() }
  :: d_step { hasBackup -> restores--; stop(); copyDisk(disk, backup);
       printf("the backup is put back\n");
       beginEpoch(); forgetBackup() }
  :: d_step { up && trims > 0 && disk.floor < disk.head -> trims--; disk.floor = disk.head;
       printf("tombstones up to version %d go\n", disk.floor) }
  :: crashes > 0 -> crashes = 0
  :: d_step { restores > 0 -> restores = 0; forgetBackup() }
  :: cuts > 0 -> cuts = 0

  CURSOR_STEPS(0)
#if REPLICAS > 1
  CURSOR_STEPS(1)
#endif
  od;
}

/* ================================ The handshake ================================ */

/*
 * E2: by the lineage, the run of the replica's epoch ends before the next row, or at the head. The answer is left in `end_`. The
 * request is decided in the step that makes it, as a closed replica cannot change meanwhile.
 */
inline endOfRun(past) {
  end_ = disk.head;
  e = EPOCHS;
  do
  :: e > past ->
     if
     :: (disk.known & (1 << e)) && disk.first[e] > 0 -> end_ = disk.first[e] - 1
     :: else
     fi;
     e--
  :: else -> break
  od;
  e = 0
}

inline handshake(me) {
  conn[me].live = true; conn[me].asked = false; conn[me].owesSync = true; conn[me].sent = 0;
  rep[me].open = true; rep[me].broken = false; rep[me].waits = false; rep[me].taken = 0;
  endOfRun(rep[me].epoch);
  if
#ifdef NO_LINEAGE
  :: rep[me].has && rep[me].version <= disk.head && rep[me].version >= disk.floor ->
#else
  :: rep[me].has && (disk.known & (1 << rep[me].epoch)) && rep[me].version <= end_ &&
     (rep[me].version >= disk.floor || rep[me].version == disk.head) ->
#endif
     down[me] ! resumed, epoch, 0, rep[me].version, 0, 0;
     conn[me].cursor = rep[me].version;
     printf("replica %d, at (%d, %d), is resumed in epoch %d\n", me, rep[me].epoch, rep[me].version, epoch)
  :: else ->
     printf("replica %d, at (%d, %d), is not resumed\n", me, rep[me].epoch, rep[me].version);
     conn[me].cursor = 0;
     putFullState(me)
  fi;
  end_ = 0
}

/* ================================ The replica ================================ */

inline resync(me) {
  if
  :: rep[me].waits
  :: else -> rep[me].waits = true; printf("replica %d asks for the full state\n", me); upward[me] ! get_state, rep[me].taken
  fi
}

inline move(me, newEpoch, newVersion, newHistory) {
  assert(!rep[me].has || rep[me].epoch != newEpoch || newVersion >= rep[me].version);  /* E5 */
  rep[me].has = true;
  rep[me].epoch = newEpoch;
  rep[me].version = newVersion;
  rep[me].history = newHistory;
  printf("replica %d shows (%d, %d)\n", me, newEpoch, newVersion);
  P1(me)
}

inline handle(me, fKind, fEpoch, fFrom, fVersion, fHistory, fTurn) {
  if
  :: fKind == full_state ->
     move(me, fEpoch, fVersion, fHistory);
     rep[me].waits = false;
     rep[me].taken = fTurn
  :: fKind == delta ->                                                                   /* R1 */
     if
     :: rep[me].waits || (rep[me].has && fVersion <= rep[me].version)
#ifdef NO_GAP_CHECK
     :: !rep[me].waits && rep[me].has && fVersion > rep[me].version ->
#else
     :: !rep[me].waits && rep[me].has && fVersion > rep[me].version && fFrom != rep[me].version -> resync(me)
     :: !rep[me].waits && rep[me].has && fVersion > rep[me].version && fFrom == rep[me].version ->
#endif
        move(me, rep[me].epoch, fVersion, prefix(rep[me].history, fFrom) | fHistory)
     :: !rep[me].waits && !rep[me].has -> resync(me)
     fi
  :: fKind == resumed ->                                                                 /* R4 */
     if
     :: rep[me].has && fVersion == rep[me].version -> move(me, fEpoch, fVersion, rep[me].history)
     :: else -> resync(me)
     fi
  :: fKind == sync ->                                                                    /* R4 */
#ifndef NO_DRIFT_CHECK
     if
     :: !rep[me].has || fVersion != rep[me].version || (fTurn == 1 && fHistory != rep[me].history) -> resync(me)
     :: else
     fi
#else
     skip
#endif
  fi
}

inline dropSocket(me) {
  printf("replica %d loses its connection\n", me);
  do
  :: nempty(down[me]) -> down[me] ? _, _, _, _, _, _
  :: empty(down[me]) -> break
  od;
  do
  :: nempty(upward[me]) -> upward[me] ? _, _
  :: empty(upward[me]) -> break
  od;
  rep[me].open = false; rep[me].broken = false; rep[me].waits = false; rep[me].taken = 0;
  conn[me].live = false; conn[me].asked = false; conn[me].owesSync = false; conn[me].cursor = 0
}

proctype Tab(byte me) {
  mtype kind;
  byte ofEpoch, from, version, e, end_;
  short history;
  bit turn;

end:
  do
  :: atomic { !rep[me].open && up -> handshake(me) }
  :: atomic { rep[me].open && nempty(down[me]) ->
       down[me] ? kind, ofEpoch, from, version, history, turn;
       handle(me, kind, ofEpoch, from, version, history, turn);
       kind = 0; ofEpoch = 0; from = 0; version = 0; history = 0; turn = 0
     }
  :: atomic { rep[me].open && rep[me].broken -> dropSocket(me) }
  :: atomic { me == 0 && rep[me].open && cuts > 0 -> cuts--;
#ifdef NO_SOCKET_CHECK
       if
       :: nempty(down[me]) && !rep[me].hasLate ->
          down[me] ? rep[me].lateKind, rep[me].lateEpoch, rep[me].lateFrom, rep[me].lateVersion, rep[me].lateHistory, turn;
          rep[me].hasLate = true; turn = 0
       :: true
       fi;
#endif
       dropSocket(me)
     }
#ifdef NO_SOCKET_CHECK
  :: atomic { rep[me].hasLate && rep[me].open ->
       rep[me].hasLate = false;
       handle(me, rep[me].lateKind, rep[me].lateEpoch, rep[me].lateFrom, rep[me].lateVersion, rep[me].lateHistory, 0);
       rep[me].lateKind = 0; rep[me].lateEpoch = 0; rep[me].lateFrom = 0; rep[me].lateVersion = 0; rep[me].lateHistory = 0
     }
#endif
  od
}

/* ================================ At the end ================================ */

init {
  atomic {
    disk.known = 1 << 1;     /* At the first start epoch 1 is listed, and has no row yet. */
    run Authority();
    run Tab(0);
#if REPLICAS > 1
    run Tab(1)
#endif
  }
  timeout -> assert(up && level(0) && level(REPLICAS - 1))   /* P2: when all faults are over and nothing moves any more, everyone is level. */
}
