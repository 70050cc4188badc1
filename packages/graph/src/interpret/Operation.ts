import type { Shape } from "@pushforward/core"
import type { DType, OpAttributes, OpName } from "../Graph.ts"
import type { Value } from "./Value.ts"

/** What is known of a result before it is computed, with the batch size put in. */
interface Result {
  readonly shape: Shape
  readonly dtype: DType
}

/** Computes one operation: its elements, or one number if they are all the same. */
export type Operation<K extends OpName> = (
  inputs: ReadonlyArray<Value>,
  attributes: OpAttributes[K],
  result: Result,
) => Float64Array

/** Operations by name. */
export type Operations<K extends OpName> = { readonly [Name in K]: Operation<Name> }

/** Rounds to what int32 holds, as storing into an `Int32Array` does. */
export const fitInt32 = (values: Float64Array): Float64Array => {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! | 0
  return values
}
