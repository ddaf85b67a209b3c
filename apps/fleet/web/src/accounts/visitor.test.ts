import type { SessionAnswer } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { type RememberedVisitor, readRemembered, type VisitorMemory } from "./remembered/remembered-visitor.ts";
import { type SessionRequests, Visitor } from "./visitor.ts";

const MARIA: SessionAnswer = { user: "maria", role: "operator", csrfToken: "t" };

function visitorOf(current: () => Promise<SessionAnswer | null>, memory = memoryOf(null)) {
  const sessions: SessionRequests = {
    current,
    goOnFor: () => {},
    signIn: async () => MARIA,
    proxyUser: async () => null,
    signInByProxy: async () => MARIA,
    setUp: async () => MARIA,
    takeInvitation: async () => MARIA,
    makeToken: () => Promise.reject(new Error("nobody asks")),
    notifications: () => Promise.reject(new Error("nobody asks")),
    testNotification: () => Promise.reject(new Error("nobody asks")),
    setPassword: async () => {},
    signOut: async () => {},
  };
  return new Visitor(sessions, memory);
}

function memoryOf(remembered: RememberedVisitor | null): VisitorMemory {
  let now = remembered;
  let isLeaving = false;
  return {
    read: () => now,
    keep: (visitor) => {
      now = visitor;
    },
    forget: () => {
      now = null;
    },
    leave: () => {
      isLeaving = true;
    },
    isLeaving: () => isLeaving,
    hasLeft: () => {
      isLeaving = false;
    },
  };
}

test("whoever has a session is signed in at once, everyone else after signing in", async () => {
  const known = visitorOf(async () => MARIA);
  const unknown = visitorOf(async () => null);
  await known.load();
  await unknown.load();
  const before = unknown.state;
  await unknown.signIn({ username: "maria", password: "a password of hers" });

  expect(known.state).toEqual({ phase: "signed_in", user: "maria", role: "operator", tags: null, isRemembered: false });
  expect(before).toEqual({ phase: "signed_out", before: null, forgotten: null });
  expect(unknown.state).toEqual(known.state);
});

test("when a session ends, the page knows whose it was; whoever leaves is forgotten", async () => {
  const visitor = visitorOf(async () => MARIA);
  const phases: string[] = [];
  visitor.subscribe(() => phases.push(visitor.state.phase));
  await visitor.load();
  visitor.ended();
  visitor.ended();
  const ended = visitor.state;
  visitor.left();

  expect(ended).toEqual({ phase: "signed_out", before: "maria", forgotten: "maria" });
  expect(visitor.state).toEqual({ phase: "signed_out", before: null, forgotten: null });
  expect(phases).toEqual(["signed_in", "signed_out", "signed_out"]);
});

test("while the server is away the page goes on for whom the browser remembers, until the server has said who it is", async () => {
  let isAway = true;
  const current = async () => {
    if (isAway) throw new Error("unreachable");
    return { ...MARIA, role: "viewer" } as const;
  };
  const memory = memoryOf({ user: "maria", role: "operator", tags: ["web"] });
  const visitor = visitorOf(current, memory);
  const stranger = visitorOf(current);
  await expect(visitor.load()).rejects.toThrow();

  expect([visitor.goOn(), visitor.goOn(), stranger.goOn()]).toEqual([true, false, false]);
  expect(visitor.state).toEqual({
    phase: "signed_in",
    user: "maria",
    role: "operator",
    tags: ["web"],
    isRemembered: true,
  });
  visitor.confirm();
  await Promise.resolve();
  isAway = false;
  const confirmed = () => {
    visitor.confirm();
    return visitor.state;
  };
  await expect.poll(confirmed).toMatchObject({ role: "viewer", isRemembered: false });
  expect(memory.read()).toEqual({ user: "maria", role: "viewer", tags: null });
});

test("a session that has ended while no page was open leaves nobody remembered, and the page knows who it was", async () => {
  const memory = memoryOf({ user: "maria", role: "operator", tags: null });
  const visitor = visitorOf(async () => null, memory);
  await visitor.load();

  expect(visitor.state).toEqual({ phase: "signed_out", before: null, forgotten: "maria" });
  expect(memory.read()).toBeNull();
});

test("who leaves while the server is away is signed out there before a page is shown again", async () => {
  const memory = memoryOf({ user: "maria", role: "operator", tags: null });
  let isThere = true;
  const before = visitorOf(async () => MARIA, memory);
  before.leftAway();
  expect([before.state, memory.read(), memory.isLeaving()]).toEqual([
    { phase: "signed_out", before: null, forgotten: null },
    null,
    true,
  ]);

  const next = visitorOf(async () => (isThere ? MARIA : null), memory);
  next.sessions.signOut = async () => {
    isThere = false;
  };
  await next.load();
  expect([next.state.phase, memory.isLeaving()]).toEqual(["signed_out", false]);
});

test("what the browser's storage holds is read only where it names somebody", () => {
  expect(readRemembered('{"user":"ada","role":"viewer","tags":["db"]}')).toEqual({
    user: "ada",
    role: "viewer",
    tags: ["db"],
  });
  const others = [
    null,
    "",
    "{",
    "7",
    "null",
    '{"user":"","role":"viewer","tags":null}',
    '{"user":"ada","role":"king","tags":null}',
  ];
  for (const text of [...others, '{"user":"ada","role":"admin","tags":[1]}']) expect(readRemembered(text)).toBeNull();
});
