import { expect, test } from "vitest";
import { lineOf } from "../watch/moves.ts";
import { oneLine, plainJson, withoutControls } from "./plain-text.ts";

const CLEAR = "\u001b[2J\u009b2J\u007f";

test("[C36] output keeps its lines and loses what a terminal would obey", () => {
  expect(withoutControls(`a\n\tb${CLEAR}`)).toBe("a\n\tb");
});

test("[C36] a name or a reason is one line of text", () => {
  expect(oneLine(`web-1\nroot@web-1:~# ${CLEAR}\u202edone`)).toBe("web-1 root@web-1:~# done");
});

test("[C36] what is printed of a record holds no control character, and as JSON it still means the same", () => {
  const record = { id: "web-1", hostname: `web-1${CLEAR}` };
  const json = plainJson(JSON.stringify(record));

  expect(json).not.toMatch(/\p{Cc}/u);
  expect(JSON.parse(json)).toEqual(record);
  expect(lineOf({ collection: "hosts", id: "web-1", before: null, after: record })).not.toMatch(/\p{Cc}/u);
});
