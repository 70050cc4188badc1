import { Result, Schema } from "effect"
import type { Layer } from "../Bijector.ts"
import { chain } from "../combinators/chain.ts"
import type { SpecError } from "../errors.ts"
import { bijectorKind, makePlugin, nestedSpec } from "../Plugin.ts"
import type { Shape } from "../Shape.ts"

/** `{ "_tag": "chain", "layers": [...] }`: see {@link chain}. The last layer is the nearest to the data. */
export const chainPlugin = makePlugin(bijectorKind, "chain", {
  description: "Layers from left to right, the last nearest to the data: y = fₙ(… f₁(x))",
  fields: { layers: Schema.Array(nestedSpec(bijectorKind)) },
  examples: [
    { spec: { _tag: "chain", layers: [] }, eventShape: [3] },
    {
      spec: {
        _tag: "chain",
        layers: [
          { _tag: "chain", layers: [] },
          { _tag: "invert", bijector: { _tag: "chain", layers: [] } },
        ],
      },
      eventShape: [2],
    },
  ],
  compile: ({ layers }, site) => {
    // Layers learn their event shape from the data side, so compile from the last to the first.
    let eventShape: Shape = site.eventShape
    const compiled: Array<Layer> = []
    for (const [i, spec] of [...layers.entries()].toReversed()) {
      const layer: Result.Result<Layer, SpecError> = site.child(
        bijectorKind,
        spec,
        `layers.${i}`,
        eventShape,
      )
      if (Result.isFailure(layer)) return layer
      eventShape = layer.success.inverseEventShape(eventShape)
      compiled.unshift(layer.success)
    }
    return Result.succeed(chain(...compiled))
  },
})
