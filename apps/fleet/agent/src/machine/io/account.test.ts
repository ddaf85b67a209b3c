import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { accountEnv, accountIn } from "./account.ts";

test("a command finds the home, the name and the shell of the user that it runs as", () => {
  const { username, homedir, shell } = userInfo();

  expect(accountEnv(null)).toEqual({ HOME: homedir, USER: username, LOGNAME: username, SHELL: shell });
  expect(accountEnv(process.getuid?.() ?? 0)).toEqual(accountEnv(null));
});

test("a number that nobody has is given a home all the same", () => {
  expect(accountEnv(3_999_999_999)).toEqual({ HOME: "/" });
});

test("a user is found by its number, in the form of Linux and in that of macOS", () => {
  const linux = "root:x:0:0:root:/root:/bin/bash\nweb:x:33:33:www:/var/www:\n";

  expect(accountIn(linux, 33)).toEqual({ name: "web", home: "/var/www", shell: "" });
  expect(accountIn("ann:*:501:20::0:0:Ann:/Users/ann:/bin/zsh\n", 501)).toEqual({
    name: "ann",
    home: "/Users/ann",
    shell: "/bin/zsh",
  });
  expect(accountIn(linux, 3)).toBeNull();
  expect(accountIn("nonsense\n:x:3:3\n", 3)).toBeNull();
});
