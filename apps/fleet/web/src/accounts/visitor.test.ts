import type { SessionAnswer } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { type SessionRequests, Visitor } from "./visitor.ts";

const MARIA: SessionAnswer = { user: "maria", role: "operator", csrfToken: "t" };

function visitorOf(current: () => Promise<SessionAnswer | null>) {
  const sessions: SessionRequests = {
    current,
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
  return new Visitor(sessions);
}

test("whoever has a session is signed in at once, everyone else after signing in", async () => {
  const known = visitorOf(async () => MARIA);
  const unknown = visitorOf(async () => null);
  await known.load();
  await unknown.load();
  const before = unknown.state;
  await unknown.signIn({ username: "maria", password: "a password of hers" });

  expect(known.state).toEqual({ phase: "signed_in", user: "maria", role: "operator", tags: null });
  expect(before).toEqual({ phase: "signed_out", before: null });
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

  expect(ended).toEqual({ phase: "signed_out", before: "maria" });
  expect(visitor.state).toEqual({ phase: "signed_out", before: null });
  expect(phases).toEqual(["signed_in", "signed_out", "signed_out"]);
});
