import { expect, test } from "vitest";
import { checkNaiveServer } from "./naive.ts";

test("the kit finds what is wrong with the obvious server, and nothing that isn't", async () => {
  const outcomes = await checkNaiveServer();

  const named = (wanted: string) =>
    outcomes.filter(({ result }) => result === wanted).map(({ rule, name }) => `${rule} ${name}`);
  expect(named("failed")).toEqual([
    "A7 a beacon comes in every interval and names the last version put on this connection, also amid changes",
    "A5 a connection that doesn't read costs no queue: what it is sent later is what moved, not all that happened",
    "A6 who connects while changes are made is given a state that holds exactly the changes up to its version",
    "A8 get_state in the midst of changes: the answer holds exactly the changes up to its version",
    "A8 get_states within a second of the last snapshot are answered by one",
    "A10 frames that break RFC 6455 end that connection alone: reserved bits, no mask, no UTF-8, a length of 2^62, an unknown opcode, a fragmented close",
    "M3 a binary frame is no message",
    "M3 what is no message closes that connection with 4400, and no other",
    "M3 a frame above 64 KiB is not taken",
    "S1 a null in a patch deletes: absent and null are the same in every state",
    "S1 a put is sent as the record that was stored, with its id and without nulls",
    "S2 a patch or a remove of what isn't there changes nothing, and takes a version",
    "S4 ids and keys that no language should be given are refused, and move nothing",
  ]);
  expect(named("ok")).toEqual([
    "M1 the five messages of the plain profile, each in its form",
    "A4 deltas follow each other without a gap, and lead to the state that a newcomer is given",
    "M1 a delta for every change, each one version further, whoever makes them",
    "M4 the plain profile has text frames only, also for a large state",
    "P3 a change that was stored is there after a restart, and its version is given to no other",
    "S2 a change that changes nothing takes a version",
    "S4 names that a language gives to inherited members are only names",
    "S5 the plain profile shows the changes of a transaction one by one, in order",
  ]);
});
