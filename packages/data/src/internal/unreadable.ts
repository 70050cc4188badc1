import type { PlatformError } from "effect"
import { DataError } from "../DataError.ts"

/** A file that the system does not give, which should have been `expected`. */
export const unreadable = (
  path: string,
  expected: string,
  { reason }: PlatformError.PlatformError,
): DataError =>
  reason._tag === "NotFound"
    ? new DataError({
        reason: "MissingFile",
        problem: "there is no such file",
        expected,
        hint: "Check the path and the folder you are in.",
        path,
      })
    : new DataError({
        reason: "Unreadable",
        problem: `the file cannot be read (${reason._tag}: ${reason.message})`,
        expected,
        hint: reason._tag === "PermissionDenied" ? "Check its permissions." : "Check the path.",
        path,
      })
