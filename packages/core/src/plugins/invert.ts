import { Result } from "effect"
import { invert } from "../combinators/invert.ts"
import { bijectorKind, makePlugin, nestedSpec } from "../Plugin.ts"

/** `{ "_tag": "invert", "bijector": {...} }`: see {@link invert}. */
export const invertPlugin = makePlugin(bijectorKind, "invert", {
  description: "The inverse of a bijector: y = f⁻¹(x)",
  fields: { bijector: nestedSpec(bijectorKind) },
  examples: [
    { spec: { _tag: "invert", bijector: { _tag: "chain", layers: [] } }, eventShape: [2] },
  ],
  compile: ({ bijector }, site) =>
    Result.map(site.child(bijectorKind, bijector, "bijector"), (layer) => invert(layer)),
})
