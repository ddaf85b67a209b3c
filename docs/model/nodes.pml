/*
 * This model walks through terms, takeovers and many nodes over one database that may lose its tail, with one replica.
 *
 * README.md says which rules it holds, and what is left out.
 *
 * Every entry that was ever stored has an identity, 1..ENTRIES, and knows the entries before it. So a branch is named by its last
 * entry, and two branches never look alike. A term is named by the identity of its takeover. A database is the identity of its
 * newest entry, and so is a node. What a replica shows is the identity of the last group that it has taken in.
 *
 * A node tells entries apart only by what is in them: the sequence, the term, and the term of the entry before. A replica tells
 * states apart only by epoch, version, lineage and digest. The identities serve the assertions.
 *
 * Each fault has a budget and comes at any moment. What holds when a fault never comes is searched with a budget of 0. Nothing else
 * repeats without an end.
 */

#ifndef NODES
#define NODES 2
#endif
#ifndef CHANGES
#define CHANGES 2   /* So many groups are sent to the database. */
#endif
#ifndef TAKEOVERS
#define TAKEOVERS 1 /* So many takeovers come although a writer is alive. */
#endif
#ifndef LOSSES
#define LOSSES 1    /* The database loses its tail so many times, and no session notices. */
#endif
#ifndef FORKS
#define FORKS 0     /* A standby is promoted, with or without the tail, and the old primary lives on: 0 or 1. */
#endif
#ifndef UNKNOWNS
#define UNKNOWNS 1  /* So many answers of the database are lost. Their statements may have an effect later. */
#endif
#ifndef MOVES
#define MOVES 1     /* The replica leaves its node so many times. */
#endif
#ifndef WAITERS
#define WAITERS 0   /* So many callers wait for a version that was acknowledged: 0 or 1. */
#endif
#ifndef BEACONS
#define BEACONS 0   /* So many beacons go out. */
#endif
#ifndef TICKS
#define TICKS 0     /* So many seconds pass. Only beacons look at the clock. */
#endif
#ifndef ASKS
#define ASKS 0      /* The replica asks for the full state so many times, for any reason. */
#endif
#ifndef FRAMES
#define FRAMES 2    /* So many frames may be in flight on the connection. */
#endif

#define ENTRIES 14
#define none 0      /* No statement is out. */

mtype = { group, takeover, beat, full_state, delta, step, resumed, beacon, answer };

/* ---- These are all entries that were ever stored ---- */
short path[ENTRIES + 1];     /* It has one bit for the entry and for each entry before it. */
byte term[ENTRIES + 1];
byte sequence[ENTRIES + 1];
byte preceding[ENTRIES + 1]; /* This is the entry before it. */
byte version[ENTRIES + 1];
byte content[ENTRIES + 1];   /* This is the last group up to the entry, and 1 while there is none. */
byte entries;

#define on(x, y) ((path[y] >> (x)) & 1)   /* Entry x stands in the branch that ends with entry y. */

/* ---- These are the databases: the one that all begin with, and a standby that is promoted ---- */
byte head[2];
bool forked;

/* A statement whose session is gone may still have an effect. */
mtype lateKind;
byte lateNode, lateBehind, lateStore;

/* ---- Each node knows this ---- */
typedef Node {
  byte at;                   /* This is the last entry that it has applied. */
  bit database;              /* It has its sessions at this database. */
  bool writes;               /* It believes that its term is the newest. */
  byte mine;                 /* It finds this takeover of its own, whose answer was lost, when it reads. */

  mtype out;                 /* This writing statement is out. */
  byte stage;                /* It is 1 while the statement is on its way, 2 when it has succeeded, 3 when it was fenced. */
  byte result;               /* This is the entry that it has stored. */

  byte asking;               /* A confirmation is out: 1 on its way, 2 confirmed, 3 refused. */
  byte askedFor;             /* This was the node's entry when it asked. */
  byte askedAt;
  byte confirmed;            /* This entry was confirmed by the newest confirmation. */
  byte confirmedAt;

  bool waits;                /* It has reloaded and does not serve yet (N9). */
  byte reloaded;             /* This is the entry that it reloaded. */
  short pushes;              /* It has applied these from a push although its database did not have them. */
  bool beatMoved;            /* The beat has gone up from what it reloaded. */
  byte snapshot              /* It was built when this entry was the newest one. */
};

Node node[NODES];

/* ---- This is the replica, and its connection as its node sees it ---- */
bool open, live;             /* A connection that is open and not yet live waits for the judgement on its position. */
byte peer;                   /* This is the node. */
byte said;                   /* The connection was told this epoch. */
byte cursor;                 /* The connection has this content. */
bool asked, judgeAnew;
byte want;                   /* A confirmation is needed: 1 not yet asked for, 2 asked for, 3 there, 4 the answer was 1013. */
bit wantStore;               /* That confirmation came from this database. */

byte epoch, shows, facts;    /* `facts` is the entry whose lineage the replica was told last. */
bool asksState, stateOnWay, checkOnWay;
bool met, fullOnWay;         /* The first message of the connection has come. A full state is on its way. */
byte checks;                 /* A check is out: 1 not answered, 2 answered while a get_state is out. */
byte target;                 /* A caller waits for this group. */
bit answerStore;
byte lastAcked;
short pushed;                /* The writer has pushed these entries to every node, and each push may be late. */

/* A frame holds the content that it begins with, or a database, and the entry at which its node stood. */
chan down = [FRAMES] of { mtype, byte, byte };

byte changes = CHANGES, takeovers = TAKEOVERS, losses = LOSSES, forks = FORKS, unknowns = UNKNOWNS, moves = MOVES,
  waiters = WAITERS, beacons = BEACONS, asks = ASKS;
byte now;

/* ---- This is what really was, for the assertions ---- */
byte tip[ENTRIES + 1];       /* This is the last entry of each term. */
byte over[ENTRIES + 1];      /* At this time an entry ceased to be the newest one of a database. */

/* ================================ Histories ================================ */

/* E2: a run ends with the last entry of its epoch in the branch of `entry`. The answers are left in `known` and `end_`. */
inline endOfRun(ofEpoch, entry) {
  known = false; end_ = 0; i = 1;
  do
  :: i <= entries ->
     if
     :: on(i, entry) && term[i] == (ofEpoch) -> known = true; end_ = version[i]
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 0
}

/* The content of a branch at a version is left in `found`. */
inline contentAt(ofVersion, entry) {
  found = 0; i = 1;
  do
  :: i <= entries ->
     if
     :: on(i, entry) && content[i] == i && version[i] == (ofVersion) -> found = i
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 0
}

inline forget() { known = false; end_ = 0; found = 0; ok = false }

/* ================================ The database ================================ */

inline leaveHead(s) {
#if TICKS > 0
  over[head[s]] = now
#else
  skip
#endif
}

/* L1: an entry is stored only behind the entry that its node knows as the newest one. */
#ifdef NO_PREDECESSOR
#define fits(s, behind) (sequence[head[s]] == sequence[behind])
#else
#define fits(s, behind) (sequence[head[s]] == sequence[behind] && term[head[s]] == term[behind])
#endif

inline insert(s, what, ofTerm) {
  entries++;
  assert(entries <= ENTRIES);
  leaveHead(s);
  path[entries] = path[head[s]] | (1 << entries);
  sequence[entries] = sequence[head[s]] + 1;
  preceding[entries] = head[s];
  if
  :: what == group ->
     assert(term[head[s]] == ofTerm);      /* L1: only the writer of the newest term extends a branch. */
     assert(tip[ofTerm] == head[s]);       /* P3: a term is one line, so (epoch, version) is given once. */
     term[entries] = ofTerm;
     version[entries] = version[head[s]] + 1;
     content[entries] = entries
  :: else ->
#ifdef EPOCH_KEPT
     term[entries] = term[head[s]];
#else
     term[entries] = entries;
#endif
     version[entries] = version[head[s]];
     content[entries] = content[head[s]]
  fi;
  tip[term[entries]] = entries;
  head[s] = entries
}

inline moveBeat(s) {
  i = 0;
  do
  :: i < NODES ->
     if
     :: node[i].database == s && node[i].waits -> node[i].beatMoved = true
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 0
}

inline evaluate(n) {
  if
  :: fits(node[n].database, node[n].at) ->
     if
     :: node[n].out == beat -> moveBeat(node[n].database); printf("the beat of node %d moves\n", n)
     :: else ->
        insert(node[n].database, node[n].out, term[node[n].at]);
        node[n].result = entries;
        printf("database %d stores entry %d (%e, term %d, version %d) of node %d\n", node[n].database, entries, node[n].out,
          term[entries], version[entries], n)
     fi;
     node[n].stage = 2
  :: else -> node[n].stage = 3; printf("database %d refuses a statement of node %d\n", node[n].database, n)
  fi
}

inline evaluateLate() {
  if
  :: fits(lateStore, lateBehind) ->
     if
     :: lateKind == beat -> moveBeat(lateStore); printf("a late beat of node %d moves\n", lateNode)
     :: else ->
        insert(lateStore, lateKind, term[lateBehind]);
        printf("database %d stores the late entry %d (%e) of node %d\n", lateStore, entries, lateKind, lateNode);
        if
        :: lateKind == takeover -> node[lateNode].mine = entries
        :: else
        fi
     fi
  :: else
  fi;
  forgetLate()
}

inline forgetLate() { lateKind = none; lateNode = 0; lateBehind = 0; lateStore = 0 }

/* ================================ The nodes ================================ */

/* What the connection waits for is looked at again when its node has moved. */
inline moved(n) {
  if
  :: open && peer == n && !live && (want == 1 || want == 4) -> want = 0
  :: else
  fi
}

inline takeIn(n, entry) {
  node[n].at = entry;
#ifndef CONFIRMATION_CARRIED
  node[n].confirmed = 0; node[n].confirmedAt = 0;
#else
  if
  :: node[n].confirmed != 0 -> node[n].confirmed = entry
  :: else
  fi;
#endif
  moved(n)
}

inline answerArrives(n) {
  if
  :: node[n].stage == 2 && node[n].out != beat ->
     takeIn(n, node[n].result);
     pushed = pushed | (1 << node[n].result);
     node[n].pushes = node[n].pushes | (1 << node[n].result);
     if
     :: node[n].out == takeover -> node[n].writes = true; printf("node %d is the writer\n", n);
#ifdef OWN_TAKEOVER_AGAIN
       node[n].mine = node[n].at
#else
       node[n].mine = 0
#endif
     :: else ->
#if WAITERS > 0
        lastAcked = node[n].result;
#endif
        printf("node %d acknowledges entry %d\n", n, node[n].result)
     fi
  :: node[n].stage == 3 -> node[n].writes = false; printf("node %d is fenced\n", n)
  :: else
  fi;
  node[n].out = none; node[n].stage = 0; node[n].result = 0
}

/* T2: after an unknown outcome the term is over. A takeover whose answer was lost is settled by reading. */
inline answerIsLost(n) {
  printf("node %d does not know what became of its %e\n", n, node[n].out);
  if
  :: node[n].stage == 1 && lateKind == none ->
     lateKind = node[n].out; lateNode = n; lateBehind = node[n].at; lateStore = node[n].database
  :: node[n].stage == 2 && node[n].out == takeover -> node[n].mine = node[n].result
  :: else
  fi;
#ifdef TERM_GOES_ON
  skip;
#else
#ifdef BEAT_FORGOTTEN
  if
  :: node[n].out == beat
  :: else -> node[n].writes = false
  fi;
#else
  node[n].writes = false;
#endif
#endif
  node[n].out = none; node[n].stage = 0; node[n].result = 0
}

inline stopAsking(n) {
  node[n].asking = 0; node[n].askedFor = 0; node[n].askedAt = 0;
  if
  :: open && peer == n && want == 2 -> want = 1
  :: else
  fi
}

inline confirmationArrives(n) {
  if
  :: node[n].asking == 2 ->
#if BEACONS > 0
     if
     :: node[n].askedFor == node[n].at ->
        node[n].confirmed = node[n].at;
#ifdef AGE_FROM_ARRIVAL
        node[n].confirmedAt = now
#else
        node[n].confirmedAt = node[n].askedAt
#endif
     :: else
     fi;
#endif
     if
     :: open && peer == n && want == 2 -> want = 3; wantStore = node[n].database
     :: else
     fi
  :: else
  fi;
  stopAsking(n)
}

/* N9: the node does not find its own entry. */
inline reload(n) {
  printf("node %d does not find entry %d, and reloads entry %d\n", n, node[n].at, head[node[n].database]);
  takeIn(n, head[node[n].database]);
  node[n].writes = false;
  node[n].confirmed = 0; node[n].confirmedAt = 0;
  stopAsking(n);
#ifndef SERVES_AT_ONCE
  node[n].waits = true;
  node[n].reloaded = node[n].at;
#endif
  node[n].beatMoved = false;
  node[n].snapshot = 0;
  if
  :: open && peer == n && live -> judgeAnew = true
  :: else
  fi
}

inline wake(n) {
  node[n].waits = false; node[n].reloaded = 0; node[n].beatMoved = false;
  printf("node %d serves again\n", n)
}

#define found_(n) (on(node[n].at, head[node[n].database]))
/* It serves again when a read shows that head or beat has gone up, and that its own entry is the newest one. */
#define goneUp(n) (node[n].at != node[n].reloaded || node[n].beatMoved)
#ifdef WAKES_BY_PUSH
#define mayWake(n) (node[n].at != node[n].reloaded || (node[n].beatMoved && node[n].at == head[node[n].database]))
#else
#ifdef WAKES_BEHIND
#define mayWake(n) (found_(n) && goneUp(n))
#else
#define mayWake(n) (node[n].at == head[node[n].database] && goneUp(n))
#endif
#endif

/* N2: what comes is the next entry, and stands behind the term of the node's own. It is read, or it was pushed once. */
#ifdef PUSH_BY_SEQUENCE
#define next(n, x) (sequence[x] == sequence[node[n].at] + 1)
#else
#define next(n, x) (sequence[x] == sequence[node[n].at] + 1 && term[preceding[x]] == term[node[n].at])
#endif
#ifdef LATE_READS
#define comes(n, x) ((x) <= entries)      /* The answer to a read may come after the node has reloaded. */
#else
#define comes(n, x) ((x) <= entries && (on(x, head[node[n].database]) || ((pushed & ~node[n].pushes) >> (x)) & 1))
#endif

#define writerAt(n, s) (node[n].database == s && \
  ((node[n].writes && on(node[n].at, head[s]) && term[node[n].at] == term[head[s]]) || \
   (node[n].out == takeover && node[n].stage == 1 && fits(s, node[n].at)) || \
   (node[n].out == takeover && node[n].stage == 2 && on(node[n].result, head[s]) && term[node[n].result] == term[head[s]])))
#if NODES == 2
#define hasWriter(s) (writerAt(0, s) || writerAt(1, s))
#define somebodyWaits(s) ((node[0].waits && !node[0].beatMoved && node[0].database == s) || \
  (node[1].waits && !node[1].beatMoved && node[1].database == s))
#else
#define hasWriter(s) (writerAt(0, s) || writerAt(1, s) || writerAt(2, s))
#define somebodyWaits(s) ((node[0].waits && !node[0].beatMoved && node[0].database == s) || \
  (node[1].waits && !node[1].beatMoved && node[1].database == s) || (node[2].waits && !node[2].beatMoved && node[2].database == s))
#endif


/* ================================ The connection, as its node sees it ================================ */

inline leave() {
  printf("the replica leaves node %d\n", peer);
  do
  :: nempty(down) -> down ? _, _, _
  :: empty(down) -> break
  od;
  open = false; live = false; peer = 0; said = 0; cursor = 0; asked = false; judgeAnew = false; want = 0; wantStore = 0;
  asksState = false; stateOnWay = false; checkOnWay = false; checks = 0; answerStore = 0; fullOnWay = false; met = false
}

inline putFullState() {
  if
#ifdef OLD_SNAPSHOT
  :: node[peer].snapshot != 0 && version[node[peer].snapshot] >= version[cursor] -> skip
#else
  :: node[peer].snapshot != 0 && version[node[peer].snapshot] >= version[cursor] &&
       term[node[peer].snapshot] == term[node[peer].at] -> skip
#endif
  :: node[peer].snapshot = node[peer].at
  fi;
  down ! full_state, 0, node[peer].snapshot;
  printf("node %d puts the full state of entry %d\n", peer, node[peer].snapshot);
  cursor = content[node[peer].snapshot];
  said = term[node[peer].at];
  fullOnWay = true; asked = false;
#if ASKS == 0
  node[peer].snapshot = 0
#endif
}

/* The position of the replica stands in the history of the database. */
#define inDatabase(s) (on(shows, head[s]) && on(epoch, head[s]))

/* E2, N6: the node judges a position, or asks for a confirmation first. */
inline judge() {
  endOfRun(epoch, node[peer].at);
  if
  :: known && version[shows] <= end_ ->
     contentAt(version[shows], node[peer].at);
     cursor = found;
     said = term[node[peer].at];
     live = true; want = 0; wantStore = 0;
     down ! resumed, cursor, node[peer].at;
     printf("node %d resumes (%d, %d)\n", peer, epoch, version[shows])
  :: else ->
     if
#ifndef JUDGED_UNCONFIRMED
     :: want == 0 && (!known || version[shows] > version[node[peer].at]) ->
        want = 1; printf("node %d does not know (%d, %d)\n", peer, epoch, version[shows])
     :: (want == 3 || (known && version[shows] <= version[node[peer].at])) &&
#else
     ::
#endif
#ifdef INIT_BEYOND
        true ->
#else
        known && epoch == term[node[peer].at] -> want = 4; printf("node %d answers 1013 to (%d, %d)\n", peer, epoch, version[shows])
#ifndef JUDGED_UNCONFIRMED
     :: (want == 3 || (known && version[shows] <= version[node[peer].at])) &&
#else
     ::
#endif
        !(known && epoch == term[node[peer].at]) ->
#endif
        /* N6: nobody gets a full state for being ahead of a node, by the database that confirmed or by that of the node. */
        assert(!inDatabase(node[peer].database) || (want == 3 && !inDatabase(wantStore)));
        printf("node %d answers init to (%d, %d)\n", peer, epoch, version[shows]);
        live = true; want = 0; wantStore = 0; cursor = 1;
        putFullState()
     fi
  fi;
  forget()
}

/* N9: after a reload each connection is judged anew. */
inline judgeConnection() {
  endOfRun(said, node[peer].at);
  if
  :: known && version[cursor] <= end_ -> contentAt(version[cursor], node[peer].at); cursor = found; judgeAnew = false
#ifndef FULL_STATE_ANEW
  :: known && version[cursor] > end_ && said == term[node[peer].at] -> printf("node %d closes with 1013\n", peer); leave()
  :: !known || (version[cursor] > end_ && said != term[node[peer].at]) ->
#else
  :: else ->
#endif
     cursor = 1; putFullState(); judgeAnew = false
  fi;
  forget()
}

#define behind (cursor != content[node[peer].at])
#define confirmedNow(n) (node[n].confirmed == node[n].at && now - node[n].confirmedAt <= 1)
#ifdef BEACON_UNCONFIRMED
#define mayBeacon (beacons > 0 && !asked && said == term[node[peer].at] && !behind)
#else
#define mayBeacon (beacons > 0 && !asked && said == term[node[peer].at] && !behind && confirmedNow(peer))
#endif
#ifdef CHECK_UNCONFIRMED
#define mayAnswer (want == 1 || want == 2 || want == 3)
#else
#define mayAnswer (want == 3)
#endif
#define serves(n) (!node[n].waits)
#define room (len(down) < FRAMES)

inline putDelta() {
  down ! delta, cursor, node[peer].at;
  printf("node %d puts the diff %d..%d\n", peer, version[cursor], version[node[peer].at]);
  cursor = content[node[peer].at]
}

inline putStep() {
  down ! step, cursor, node[peer].at;
  printf("node %d puts the step to epoch %d at version %d\n", peer, term[node[peer].at], version[cursor]);
  said = term[node[peer].at]
}

/* N8: the step goes before any frame that reaches into the new run. */
inline putNext() {
  if
  :: asked -> putFullState()
#ifdef STEP_BEHIND
  :: !asked && behind -> putDelta()
  :: !asked && !behind && said != term[node[peer].at] -> putStep()
#else
  :: !asked && said != term[node[peer].at] -> putStep()
  :: !asked && said == term[node[peer].at] && behind -> putDelta()
#endif
  :: !asked && said == term[node[peer].at] && !behind ->
     down ! answer, wantStore, node[peer].at; want = 0; wantStore = 0;
     printf("node %d answers the check\n", peer)
  fi
}

#define isDue (asked || said != term[node[peer].at] || behind || mayAnswer)

/* N4: a beacon says that its version was the newest one within the last second. */
#define wasNewest(x) (head[0] == (x) || (forked && head[1] == (x)) || over[x] + 1 >= now)

inline putBeacon() {
  beacons--;
  assert(wasNewest(node[peer].at));
  down ! beacon, cursor, node[peer].at;
  printf("node %d puts a beacon at version %d\n", peer, version[cursor])
}

/* ================================ The replica ================================ */

inline resync() {
  if
  :: asksState
  :: else -> asksState = true; stateOnWay = true; printf("the replica asks for the full state\n")
  fi
}

inline judgeWaiter() {
  if
  :: target != 0 ->
     endOfRun(term[target], facts);
     ok = epoch == term[target] || (known && end_ >= version[target]);
     if
     :: ok && version[shows] >= version[target] ->
        printf("the caller of entry %d is told that it is reached\n", target);
        assert(on(target, shows));         /* D2, P10: what was reached is in what is shown. */
        target = 0; checks = 0; answerStore = 0
     :: !ok && checks == 0 && !checkOnWay && met && open -> checkOnWay = true; checks = 1
     :: else
     fi
  :: else
  fi;
  forget()
}

inline judgeAnswer() {
  endOfRun(term[target], facts);
  ok = epoch == term[target] || (known && end_ >= version[target]);
  if
  :: target != 0 && !ok ->
     printf("the caller of entry %d is told history_lost\n", target);
     /* P10: history_lost is true, in the database that answered, or in the one that the node has gone to since. */
     assert(!on(target, head[answerStore]) || !on(target, head[node[peer].database]));
     target = 0
  :: else
  fi;
  checks = 0; answerStore = 0;
  forget();
  judgeWaiter()
}

inline reveal(toEpoch, toContent) {
  assert(epoch != (toEpoch) || version[toContent] >= version[shows]);   /* E5 */
  epoch = toEpoch;
  shows = toContent;
  printf("the replica shows (%d, %d)\n", epoch, version[shows]);
  assert(on(shows, tip[epoch]))            /* P1: this is what the epoch has at that version. */
}

inline handle() {
  met = true;
  if
  :: kind == full_state ->
     facts = entry; asksState = false; fullOnWay = false;
     reveal(term[entry], content[entry]);
     if
     :: checks == 2 -> judgeAnswer()
     :: else -> judgeWaiter()
     fi
  :: kind == delta ->                                                                    /* R1 */
     if
     :: asksState || version[content[entry]] <= version[shows]
     :: else ->
        if
        :: version[base] != version[shows] -> resync()
        :: else ->
           assert(base == shows);          /* P1: a diff is applied to what it was made for. */
           reveal(epoch, content[entry]);
           judgeWaiter()
        fi
     fi
  :: kind == resumed ->
     if
     :: version[base] == version[shows] -> facts = entry; reveal(term[entry], shows); judgeWaiter()
     :: else -> resync()
     fi
  :: kind == step ->                                                                     /* N8 */
     endOfRun(epoch, entry);
     if
     :: asksState
     :: else ->
        if
        :: version[base] == version[shows] && known && version[shows] <= end_ ->
           facts = entry; forget(); reveal(term[entry], shows); judgeWaiter()
        :: else -> resync()
        fi
     fi
  :: kind == beacon ->                                                                   /* R4 */
     if
     :: asksState || (version[content[entry]] == version[shows] && content[entry] == shows)
     :: else -> resync()
     fi
  :: kind == answer ->                                                                   /* N5 */
     if
     :: asksState -> checks = 2; answerStore = base
     :: else -> answerStore = base; judgeAnswer()
     fi
  fi;
  forget()
}

/* ================================ What may happen next ================================ */

/* A beat matters only to who waits for one. */
#ifdef BEAT_FORGOTTEN
#define beatsNow(s) (lateKind == none)
#else
#define beatsNow(s) somebodyWaits(s)
#endif

#define ARRIVES(n, x) \
  :: d_step { !node[n].writes && node[n].out == none && comes(n, x) && next(n, x) -> \
       node[n].pushes = (on(x, head[node[n].database]) -> node[n].pushes : node[n].pushes | (1 << (x))); \
       printf("node %d applies entry %d\n", n, x); \
       assert(preceding[x] == node[n].at); /* P1: an entry is applied to what it stands behind. */ \
       takeIn(n, x) }

#define asksFor(n) (open && peer == n && (want == 1 || (live && beacons > 0 && !confirmedNow(n) && cursor == content[node[n].at])))

#define NODE_STEPS(n) \
  :: d_step { node[n].writes && node[n].out == none && changes > 0 && fits(node[n].database, node[n].at) -> \
       changes--; node[n].out = group; node[n].stage = 1 } \
  :: d_step { !node[n].writes && node[n].out == none && fits(node[n].database, node[n].at) && \
         (takeovers > 0 || !hasWriter(node[n].database)) -> \
       takeovers = (hasWriter(node[n].database) -> takeovers - 1 : takeovers); \
       node[n].out = takeover; node[n].stage = 1 } \
  :: d_step { node[n].writes && node[n].out == none && beatsNow(node[n].database) && fits(node[n].database, node[n].at) -> \
       node[n].out = beat; node[n].stage = 1 } \
  :: d_step { node[n].stage == 1 -> evaluate(n) } \
  :: d_step { node[n].stage >= 2 -> answerArrives(n) } \
  :: d_step { node[n].stage >= 1 && unknowns > 0 -> unknowns--; answerIsLost(n) } \
  :: d_step { node[n].writes && node[n].out == none && node[n].at != head[node[n].database] && found_(n) -> \
       node[n].writes = false } \
  :: d_step { !node[n].writes && node[n].out == none && node[n].mine != 0 && node[n].at == node[n].mine && \
         head[node[n].database] == node[n].mine -> \
       node[n].mine = 0; node[n].writes = true; printf("node %d finds its own takeover, and is the writer\n", n) } \
  ARRIVES(n, 2) ARRIVES(n, 3) ARRIVES(n, 4) ARRIVES(n, 5) ARRIVES(n, 6) ARRIVES(n, 7) ARRIVES(n, 8) ARRIVES(n, 9) ARRIVES(n, 10) \
  ARRIVES(n, 11) ARRIVES(n, 12) ARRIVES(n, 13) ARRIVES(n, 14) \
  :: d_step { node[n].out == none && !found_(n) -> reload(n) } \
  :: d_step { node[n].waits && mayWake(n) -> wake(n) } \
  :: d_step { node[n].asking == 0 && node[n].at == head[node[n].database] && serves(n) && asksFor(n) -> \
       node[n].asking = 1; node[n].askedFor = node[n].at; node[n].askedAt = now; want = (want == 1 -> 2 : want) } \
  :: d_step { node[n].asking == 1 -> \
       node[n].asking = (head[node[n].database] == node[n].askedFor -> 2 : 3) } \
  :: d_step { node[n].asking >= 2 -> confirmationArrives(n) } \
  :: d_step { node[n].asking >= 1 && unknowns > 0 -> unknowns--; stopAsking(n) } \
  :: d_step { forked && node[n].database == 0 -> \
       printf("node %d goes to the new primary\n", n); \
       if \
       :: node[n].stage > 0 -> answerIsLost(n) \
       :: else \
       fi; \
       node[n].writes = false; node[n].database = 1; stopAsking(n) } \
  :: d_step { asks > 0 && serves(n) && open && peer == n && node[n].snapshot != node[n].at -> node[n].snapshot = node[n].at } \
  :: atomic { !open && serves(n) -> open = true; peer = n; judge() }

proctype World() {
  byte i, found, end_, base, entry;
  bool known, ok;
  mtype kind;

end:
  do
  NODE_STEPS(0)
  NODE_STEPS(1)
#if NODES > 2
  NODE_STEPS(2)
#endif
#ifdef BEAT_BESIDE
  :: d_step { node[0].writes && node[0].out == group && somebodyWaits(node[0].database) && fits(node[0].database, node[0].at) ->
       moveBeat(node[0].database); printf("the beat of node 0 moves\n") }
#endif
  :: d_step { lateKind != none -> evaluateLate() }
  :: d_step { lateKind != none -> forgetLate() }
  :: atomic { losses > 0 && head[forked] != 1 -> losses--; leaveHead(forked); head[forked] = preceding[head[forked]];
       do
       :: head[forked] != 1 -> head[forked] = preceding[head[forked]]
       :: break
       od;
       printf("database %d loses what is behind entry %d\n", forked, head[forked]) }
  :: atomic { forks > 0 && losses == 0 -> forks--; forked = true; head[1] = head[0];
       do
       :: head[1] != 1 -> head[1] = preceding[head[1]]
       :: break
       od;
       printf("the standby is promoted at entry %d, and the old primary lives on\n", head[1]) }
  :: d_step { now < TICKS && beacons > 0 -> now++; printf("a second passes\n") }

  :: atomic { open && !live && (want == 0 || want == 3) && serves(peer) -> judge() }
  :: atomic { open && live && judgeAnew && serves(peer) && room -> judgeConnection() }
  :: atomic { open && live && !judgeAnew && serves(peer) && room && isDue -> putNext() }
  :: d_step { open && live && !judgeAnew && serves(peer) && room && mayBeacon -> putBeacon() }
  :: d_step { open && live && checkOnWay && want == 0 -> checkOnWay = false; want = 1 }
  :: d_step { open && live && stateOnWay -> stateOnWay = false; asked = !fullOnWay }

  :: d_step { open && nempty(down) ->
       down ? kind, base, entry;
       handle();
       kind = 0; base = 0; entry = 0 }
  :: d_step { open && moves > 0 -> moves--; leave() }
  :: d_step { open && live && met && asks > 0 && !asksState -> asks--; resync() }
  :: d_step { waiters > 0 && lastAcked != 0 -> waiters--; target = lastAcked; judgeWaiter() }
  od;
}

/* ================================ At the end ================================ */

#define last (head[forked])
#define follows(n) (node[n].at == last && node[n].database == forked && serves(n))

init {
  d_step {
    entries = 1; path[1] = 2; term[1] = 1; sequence[1] = 1; content[1] = 1; tip[1] = 1;
    head[0] = 1;
    node[0].at = 1; node[0].writes = true;
    node[1].at = 1;
#if NODES > 2
    node[2].at = 1;
#endif
    epoch = 1; shows = 1; facts = 1;
  }
  run World();
  /* P2: when all faults are over and nothing moves any more, the nodes and the replica are level, and the caller has an answer. */
  timeout -> assert(follows(0) && follows(1) && follows(NODES - 1) && open && live && empty(down) &&
    epoch == term[last] && shows == content[last] && target == 0)
}
