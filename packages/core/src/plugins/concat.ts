import { Result, Schema } from "effect"
import type { Layer } from "../Bijector.ts"
import { concat, type Part } from "../combinators/concat.ts"
import { bijectorKind, makePlugin, nestedSpec } from "../Plugin.ts"

/** `{ "_tag": "concat", "parts": [{ "bijector": {...}, "size": 2 }, ...] }`: see {@link concat}. */
export const concatPlugin = makePlugin(bijectorKind, "concat", {
  description:
    "Different bijectors on consecutive parts of a vector; sizes are those of the data side",
  fields: {
    parts: Schema.Array(
      Schema.Struct({
        bijector: nestedSpec(bijectorKind),
        size: Schema.Int.check(Schema.isGreaterThan(0)),
      }),
    ),
  },
  examples: [
    {
      spec: {
        _tag: "concat",
        parts: [
          { bijector: { _tag: "chain", layers: [] }, size: 1 },
          { bijector: { _tag: "chain", layers: [] }, size: 2 },
        ],
      },
      eventShape: [3],
    },
  ],
  compile: ({ parts }, site) => {
    const members: Array<Part<Layer>> = []
    for (const [i, { bijector, size }] of parts.entries()) {
      const layer = site.child(bijectorKind, bijector, `parts.${i}.bijector`, [size])
      if (Result.isFailure(layer)) return Result.fail(layer.failure)
      members.push([layer.success, layer.success.inverseEventShape([size])[0]!])
    }
    return Result.succeed(concat(...members))
  },
})
