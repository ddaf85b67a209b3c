/** The owner, who runs the server, is told what one of his functions threw: on standard error, unless he wants it told otherwise. */

export function tellOwner(onError: ((error: unknown) => unknown) | undefined, error: unknown): void {
  const toStandardError = (failed: unknown) => console.error("neverstale: a connection could not be judged:", failed);
  if (onError === undefined) return toStandardError(error);
  try {
    Promise.resolve(onError(error)).catch(toStandardError);
  } catch (failed) {
    toStandardError(failed);
  }
}
