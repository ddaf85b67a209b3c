/** The records of the fleet have a number, which is raised when an old page can't show the new records at all. */

/** A page that was built for a smaller number than the server's offers a reload. */
export const FLEET_MODEL = 1;
