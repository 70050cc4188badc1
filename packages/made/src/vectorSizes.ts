import type { CompileSite, SpecError } from "@pushforward/core"
import { Result } from "effect"

/** The sizes of the event and the context at a site, which must be vectors. */
export const vectorSizes = (
  site: CompileSite,
): Result.Result<{ readonly size: number; readonly contextSize?: number }, SpecError> => {
  const { eventShape, contextShape } = site
  for (const [what, shape] of [
    ["events", eventShape] as const,
    ["a context", contextShape ?? [1]] as const,
  ]) {
    if (shape.length !== 1) {
      return Result.fail(
        site.fail("", {
          expected: `${what} that are vectors`,
          actual: `the shape [${shape.join(", ")}]`,
          hint: "Flatten them, or wrap the layer in block.",
        }),
      )
    }
  }
  return Result.succeed({
    size: eventShape[0]!,
    ...(contextShape && { contextSize: contextShape[0]! }),
  })
}
