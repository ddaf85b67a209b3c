/** A person is told why the server can't start, and what to do about it. */

export class StartFailure extends Error {
  override readonly name = "StartFailure";
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.hint = hint;
  }
}

/** It puts an error of listening into words. */
export function listenFailure(host: string, port: number, error: unknown): unknown {
  const anyFree = "Choose another one with --port; --port 0 takes any free one.";
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return new StartFailure(`another program listens on port ${port} of ${host}`, `Stop it. ${anyFree}`, error);
    case "EACCES":
      return new StartFailure(`this user may not listen on port ${port} of ${host}`, anyFree, error);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
      return new StartFailure(
        `${host} is no address of this machine`,
        "Give one of its own with --host: 127.0.0.1 for this machine alone, 0.0.0.0 for all it has.",
        error,
      );
    default:
      return error;
  }
}

/** It puts an error of making or opening the data directory into words. */
export function dataDirectoryFailure(path: string, error: unknown): unknown {
  switch (codeOf(error)) {
    case "EEXIST":
    case "ENOTDIR":
      return new StartFailure(`the data directory ${path} is a file, or lies below one`, ELSEWHERE, error);
    case "EACCES":
    case "EPERM":
      return new StartFailure(`this user may not make or open the data directory ${path}`, OWNED, error);
    case "ENOENT":
    case "EROFS":
      return new StartFailure(`nothing can be written where the data directory ${path} would be`, ELSEWHERE, error);
    case "ENOSPC":
      return new StartFailure(`there is no room for the data directory ${path}`, "Free space on that disk.", error);
    default:
      return error;
  }
}

const ELSEWHERE = "Give another one with --data-dir.";
const OWNED = "Give one with --data-dir that belongs to the user who starts the server.";

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
