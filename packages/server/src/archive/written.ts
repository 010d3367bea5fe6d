/** @module */
import { failure } from "@hyaline/core/errors";

/** Writes; a full disk, or a file at its limit, is told as such. @throws ARCHIVE_FULL */
export function written<T>(write: () => T): T {
  try {
    return write();
  } catch (cause) {
    if (!(cause instanceof Error) || !/\bfull\b/.test(cause.message)) throw cause;
    throw failure({
      code: "ARCHIVE_FULL",
      message: "The server has no room to keep more",
      hint: "Delete results or jobs that are no longer needed",
      cause,
    });
  }
}
