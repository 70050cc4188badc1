import { Result, Schema } from "effect"
import { masked } from "../combinators/masked.ts"
import { bijectorKind, makePlugin, nestedSpec } from "../Plugin.ts"

/** `{ "_tag": "masked", "bijector": {...}, "mask": [true, false] }`: see {@link masked}. */
export const maskedPlugin = makePlugin(bijectorKind, "masked", {
  description: "An elementwise bijector where the mask is true, a copy elsewhere",
  fields: { bijector: nestedSpec(bijectorKind), mask: Schema.Array(Schema.Boolean) },
  examples: [
    {
      spec: { _tag: "masked", bijector: { _tag: "chain", layers: [] }, mask: [true, false, true] },
      eventShape: [3],
    },
  ],
  compile: ({ bijector, mask }, site) =>
    Result.map(site.child(bijectorKind, bijector, "bijector", []), (layer) => masked(layer, mask)),
})
