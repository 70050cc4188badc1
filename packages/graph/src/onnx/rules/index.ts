/**
 * How each operation is written.
 */
import type { OpName } from "../../Graph.ts"
import { concat, constant, cumSum, expand, pad, reshape, slice, tile, transpose } from "./arrays.ts"
import { binaryRules, unaryRules, where } from "./elementwise.ts"
import { gather, scatterAdd } from "./indexing.ts"
import { matMul } from "./matMul.ts"
import { placeRules, reduceRules } from "./reductions.ts"
import type { Rule } from "./Rule.ts"

/** One rule for each operation that is a node. Inputs have their values before any rule is asked. */
export const rules: { readonly [K in Exclude<OpName, "Input" | "Scan">]: Rule<K> } = {
  ...unaryRules,
  ...binaryRules,
  ...reduceRules,
  ...placeRules,
  Constant: constant,
  Cast: (writer, [x], { attributes: { to }, inputs: [input] }) => writer.cast(x!, input!.dtype, to),
  Where: where,
  MatMul: matMul,
  Reshape: reshape,
  Transpose: transpose,
  Expand: expand,
  Slice: slice,
  Concat: concat,
  Pad: pad,
  Tile: tile,
  Gather: gather,
  ScatterAdd: scatterAdd,
  CumSum: cumSum,
}
