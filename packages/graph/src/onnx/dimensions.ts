import type { Shape } from "@pushforward/core"
import { timesDynamic } from "../dynamicSize.ts"

/** Sizes as a model declares them: multiples of the dynamic size by name. */
export const dimensions = (
  shape: Shape,
  dynamic: number | undefined,
): ReadonlyArray<number | string> =>
  shape.map((size) => {
    const times = timesDynamic(size, dynamic)
    return times === undefined ? size : times === 1 ? "n" : `${times}n`
  })
