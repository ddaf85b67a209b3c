import { describe, expect, test } from "vitest";
import { AllowedOrigins, isLoopbackAddress, normalOrigin, type Whence } from "./allowed-origins.ts";

const HERE: Whence = {
  origin: "https://fleet.example",
  host: "fleet.example",
  hasCookie: true,
  onLoopback: false,
  overTls: false,
};

const isLetIn = (whence: Partial<Whence>, ...listed: string[]) =>
  new AllowedOrigins(listed).refusalOf({ ...HERE, ...whence }) === null;

describe("[C2] the page's host is the one that the server is asked for as", () => {
  test.each([
    ["https://fleet.example", "fleet.example"],
    ["https://fleet.example", "FLEET.example:443"],
    ["http://fleet.example", "fleet.example:80"],
    ["http://fleet.example:8080", "fleet.example:8080"],
    ["http://[2001:db8::1]:8080", "[2001:db8::1]:8080"],
  ])("%s at %s", (origin, host) => {
    expect(isLetIn({ origin, host })).toBe(true);
  });

  test.each([
    ["null", "fleet.example"],
    ["null", "null"],
    ["", ""],
    ["https://evil.example", "fleet.example"],
    ["https://fleet.example.evil.example", "fleet.example"],
    ["https://a.fleet.example", "fleet.example"],
    ["https://fleet.example:8443", "fleet.example"],
    ["http://fleet.example", "fleet.example:443"],
    ["https://fleet.example/", "fleet.example"],
    ["https://user@fleet.example", "fleet.example"],
    ["https://FLEET.example", "fleet.example"],
    ["ftp://fleet.example", "fleet.example"],
    ["https://fleet.example", undefined],
    ["https://fleet.example", "x@fleet.example"],
    ["https://fleet.example", "fleet.example/x"],
    ["https://fleet.example", "fleet.example#x"],
    ["https://fleet.example, https://evil.example", "fleet.example"],
    ["chrome-extension://abc", "abc"],
  ])("%j is refused at %j", (origin, host) => {
    expect(isLetIn({ origin, host })).toBe(false);
  });

  test("a page that came without TLS is not of a server that speaks it", () => {
    expect(isLetIn({ origin: "http://fleet.example", overTls: true })).toBe(false);
    expect(isLetIn({ origin: "https://fleet.example", overTls: true })).toBe(true);
  });

  test("without an Origin only who brings no cookie", () => {
    expect(isLetIn({ origin: undefined, hasCookie: true })).toBe(false);
    expect(isLetIn({ origin: undefined, hasCookie: false })).toBe(true);
  });
});

describe("[C2] listed origins are let in besides", () => {
  test.each([
    ["https://other.example", "https://other.example"],
    ["https://other.example", "HTTPS://Other.example:443/"],
    ["chrome-extension://abc", "chrome-extension://abc"],
    ["capacitor://localhost", "capacitor://localhost"],
  ])("%s, listed as %s", (origin, listed) => {
    expect(isLetIn({ origin }, listed)).toBe(true);
    expect(isLetIn({ origin: `${origin}.evil.example` }, listed)).toBe(false);
  });

  test.each([
    "*",
    "null",
    "",
    "fleet.example",
    "https://*.example",
    "https://a.example/x",
    "wss://a.example",
    "https://",
  ])("%j is no origin, and the server does not start with it", (listed) => {
    expect(() => new AllowedOrigins([listed])).toThrow(/is no origin/);
    expect(() => normalOrigin(listed)).toThrow(/is no origin/);
  });
});

describe("[C4] on loopback the server is asked for by a name of loopback", () => {
  const asked = (host: string | undefined) => ({ host, origin: `http://${host}`, onLoopback: true });

  test.each(["localhost", "localhost:8080", "a.localhost:1", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"])(
    "%s is one",
    (host) => {
      expect(isLetIn(asked(host))).toBe(true);
      expect(isLetIn({ ...asked(host), origin: undefined, hasCookie: false })).toBe(true);
    },
  );

  test.each(["evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost", "0.0.0.0", ""])(
    "%j is none",
    (host) => {
      expect(isLetIn(asked(host))).toBe(false);
      expect(isLetIn({ ...asked(host), origin: undefined, hasCookie: false })).toBe(false);
    },
  );

  test("behind a proxy on the same machine it is asked for by the host of a listed origin", () => {
    const { onLoopback, host, origin } = { ...HERE, onLoopback: true };

    expect(isLetIn({ onLoopback, host, origin })).toBe(false);
    expect(isLetIn({ onLoopback, host, origin }, "https://fleet.example")).toBe(true);
  });

  test.each([
    ["127.0.0.1", true],
    ["127.3.2.1", true],
    ["::1", true],
    ["::ffff:127.0.0.1", true],
    ["10.0.0.5", false],
    ["::ffff:10.0.0.5", false],
    ["::2", false],
    [undefined, false],
  ])("the address %s: %s", (address, isOne) => {
    expect(isLoopbackAddress(address)).toBe(isOne);
  });
});
