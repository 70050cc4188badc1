import { Result, Schema } from "effect"
import type { Layer } from "../Bijector.ts"
import { stack } from "../combinators/stack.ts"
import { bijectorKind, makePlugin, nestedSpec } from "../Plugin.ts"

/** `{ "_tag": "stack", "bijectors": [...] }`: see {@link stack}. */
export const stackPlugin = makePlugin(bijectorKind, "stack", {
  description: "One bijector for each slice of the first event axis: y[i] = fᵢ(x[i])",
  fields: { bijectors: Schema.Array(nestedSpec(bijectorKind)) },
  examples: [
    {
      spec: {
        _tag: "stack",
        bijectors: [
          { _tag: "chain", layers: [] },
          { _tag: "chain", layers: [] },
        ],
      },
      eventShape: [2],
    },
  ],
  compile: ({ bijectors }, site) => {
    const layers: Array<Layer> = []
    for (const [i, spec] of bijectors.entries()) {
      const layer = site.child(bijectorKind, spec, `bijectors.${i}`, site.eventShape.slice(1))
      if (Result.isFailure(layer)) return Result.fail(layer.failure)
      layers.push(layer.success)
    }
    return Result.succeed(stack(...layers))
  },
})
