import type { PlatformError } from "effect"
import { DataError } from "../DataError.ts"
import { systemProblem } from "../systemProblem.ts"

/** A file that the system does not give, which should have been `expected`. */
export const unreadable = (
  path: string,
  expected: string,
  error: PlatformError.PlatformError,
): DataError =>
  error.reason._tag === "NotFound"
    ? new DataError({
        reason: "MissingFile",
        problem: "there is no such file",
        expected,
        hint: "Check the path and the folder you are in.",
        path,
      })
    : new DataError({
        reason: "Unreadable",
        problem: `the file cannot be read (${systemProblem(error)})`,
        expected,
        hint:
          error.reason._tag === "PermissionDenied" ? "Check its permissions." : "Check the path.",
        path,
      })
