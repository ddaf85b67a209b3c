import {
  COMMAND_STATUSES,
  fleet,
  OUTPUT_STATUS_ID as ID_OF_THE_SERVER,
  isFinal,
  MIN_PASSWORD_LENGTH as LENGTH_OF_THE_SERVER,
  PAGE_SCREENS,
} from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { isFinished } from "../components/looks.ts";
import { MIN_PASSWORD_LENGTH, MODEL, OUTPUT_STATUS_ID } from "./known.ts";
import { SCREENS } from "./view.ts";

test("what the page knows by itself, so as not to carry the validators, is what the domain says", () => {
  expect(MODEL).toBe(fleet.model);
  expect(OUTPUT_STATUS_ID).toBe(ID_OF_THE_SERVER);
  expect(SCREENS).toEqual(PAGE_SCREENS);
  expect(MIN_PASSWORD_LENGTH).toBe(LENGTH_OF_THE_SERVER);
  expect(COMMAND_STATUSES.filter(isFinished)).toEqual(COMMAND_STATUSES.filter(isFinal));
});
