import type { OutputState } from "@neverstale/fleet-domain";

export type { OutputState };

/** The id of the one record of `status`; the domain has it too, beside validators that the page does not carry. */
export const OUTPUT_STATUS_ID = "output";
