/** The output of a command has a space of its own, whose names are given here. */

/** `output/<command id>` is the space of what an op writes. Only those who look at it follow it. */
export const OUTPUT_SPACES = "output/";

export function outputSpace(commandId: string): string {
  return OUTPUT_SPACES + commandId;
}

/** The collection `status` of such a space has one record, with this id. */
export const OUTPUT_STATUS_ID = "output";
