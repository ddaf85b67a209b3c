import { afterAll, describe, expect, test } from "vitest";
import { cookieSetBy, Fleets, send, signInCheaply } from "../../fleet/fleet-suite.ts";
import type { FleetOptions } from "../../process/io/settings.ts";
import { Passwords } from "./passwords.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const PASSWORD = "a password of the admin";

/** Sign-ins by way of a proxy, which says for whom; maybe from a device that is known. */
async function loginsFrom(options: FleetOptions = {}) {
  const fleet = await fleets.start({ trustedProxies: ["127.0.0.1"], ...options });
  const login = async (from: string, password = "wrong", cookie?: string) => {
    const headers = { origin: fleet.address, "x-forwarded-for": from, cookie };
    const body = { username: "admin", password };
    return (await send(fleet.address, "POST", "/api/login", { body, headers })).status;
  };
  return { fleet, login };
}

/** A password's hash takes seconds on a busy machine. */
describe("guesses", () => {
  test("[C21] three addresses with ten guesses each leave a fourth its turn", async () => {
    const { login } = await loginsFrom({ adminPassword: PASSWORD });
    const guesses = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].flatMap((from) =>
      Array.from({ length: 10 }, () => login(from)),
    );

    const right = login("198.51.100.1", PASSWORD);

    expect(await right).toBe(200);
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([401, 429]));
  });

  test("[C21] [B33] all addresses of one IPv6 /64 have the attempts of one address, those of the next have their own", async () => {
    const attempts = { burst: 10, perSecond: 0.001 };
    const { fleet } = await loginsFrom({ rateLimits: { attempts } });
    const guess = async (from: string) => {
      const headers = { origin: fleet.address, "x-forwarded-for": from };
      return (await send(fleet.address, "POST", "/api/setup", { body: { token: "x".repeat(43) }, headers })).status;
    };

    const statuses: number[] = [];
    for (let host = 1; host <= 260; host += 1) statuses.push(await guess(`2001:db8:0:1::${host.toString(16)}`));

    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(250);
    expect(await guess("2001:db8:0:2::1")).toBe(401);
  });

  test("[C21] a device that has signed in has attempts of its own, from wherever it comes", async () => {
    const one = { burst: 1, perSecond: 0.001 };
    const rateLimits = { attempts: one, account: one, passwords: one };
    const { fleet, login } = await loginsFrom({ rateLimits });
    const browser = await signInCheaply(fleet, PASSWORD);
    const device = cookieSetBy(await browser.get("/api/session"));

    const guessed = [await login("192.0.2.1"), await login("192.0.2.1", PASSWORD), await login("192.0.2.2", PASSWORD)];

    expect(guessed).toEqual([401, 429, 429]);
    expect(await login("192.0.2.1", PASSWORD, device)).toBe(200);
    expect(await login("192.0.2.1", PASSWORD, `${device}x`)).toBe(429);
  });

  test("[C21] [B35] an address from which somebody signed in is not kept waiting by those who are new", async () => {
    const rateLimits = { passwords: { burst: 2, perSecond: 0.001 } };
    const { fleet, login } = await loginsFrom({ rateLimits });
    await signInCheaply(fleet, PASSWORD);
    expect(await login("198.51.100.1", PASSWORD)).toBe(200);
    for (const from of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) await login(from);

    const statuses = [await login("192.0.2.4", PASSWORD), await login("198.51.100.1", PASSWORD)];

    expect(statuses).toEqual([429, 200]);
  });

  test("[C19] [B34] in a full queue of passwords to hash who is new is refused before who is known", async () => {
    const passwords = new Passwords(2);
    const ask = (key: string, known: boolean) =>
      passwords.verify("x", undefined, { key, known }).catch((error: { code: string }) => error.code);
    const fresh = ["a", "b", "c", "d", "e"].map((key) => ask(key, false)); // Two are hashed, two wait, one is refused.

    const known = ask("f", true);

    expect(await known).toBe(false);
    expect((await Promise.all(fresh)).filter((answer) => answer === "too_many_requests")).toHaveLength(2);
  });
});
