/**
 * What the page knows by itself of the domain, whose own constants stand beside validators that the page does not carry
 * along. A test holds the two together.
 */

/** The model of the fleet that this page was built for: a newer one makes it offer a reload. */
export const MODEL = 1;

/** The id of the one record of an output's `status`. */
export const OUTPUT_STATUS_ID = "output";

export const MIN_PASSWORD_LENGTH = 15;
