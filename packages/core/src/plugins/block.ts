import { Result, Schema } from "effect"
import { block } from "../combinators/block.ts"
import { bijectorKind, makePlugin, nestedSpec } from "../Plugin.ts"

/** `{ "_tag": "block", "bijector": {...}, "rank": 1 }`: see {@link block}. */
export const blockPlugin = makePlugin(bijectorKind, "block", {
  description:
    "The same bijector on every slice of the first event axes, log-dets summed: y[i] = f(x[i])",
  fields: {
    bijector: nestedSpec(bijectorKind),
    rank: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  },
  examples: [
    {
      spec: { _tag: "block", bijector: { _tag: "chain", layers: [] }, rank: 2 },
      eventShape: [2, 3],
    },
  ],
  compile: ({ bijector, rank }, site) =>
    Result.map(
      site.child(bijectorKind, bijector, "bijector", site.eventShape.slice(rank)),
      (layer) => block(layer, rank),
    ),
})
