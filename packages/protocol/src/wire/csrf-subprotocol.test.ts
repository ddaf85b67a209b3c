import { describe, expect, test } from "vitest";
import { csrfSubprotocol, csrfTokenIn } from "./csrf-subprotocol.ts";

describe("[M2] the CSRF token as subprotocol", () => {
  test("one that is legal there travels as it is", () => {
    expect(csrfSubprotocol("a-Z_0.9~")).toBe("csrf.a-Z_0.9~");
  });

  test.each(["a=", "a==", "a/b+c", "a b", 'a"b', "a,b", "a;b", "ä€😀", "", "a\n", "(x)"])(
    "the token %j, which is not legal there, comes back as it was",
    (token) => {
      const name = csrfSubprotocol(token);

      expect(name).toMatch(/^[\w!#$%&'*+.^`|~-]+$/);
      expect(csrfTokenIn(["neverstale.v1", name])).toBe(token);
    },
  );

  test.each([[[]], [["neverstale.v1"]], [["csrf64.%"]], [["csrf64._w"]]])("in %j there is none", (protocols) => {
    expect(csrfTokenIn(protocols)).toBeNull();
  });
});
