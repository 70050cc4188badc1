/**
 * Loops: a body that runs once for each row.
 */
import { sizeOf } from "@pushforward/core"
import type { OpAttributes } from "../Graph.ts"
import type { Operation } from "./Operation.ts"
import { dense, isUniform, type Value } from "./Value.ts"

/** Row `i`, without the leading axis. */
const rowOf = (value: Value, i: number): Value => {
  const shape = value.shape.slice(1)
  const size = sizeOf(shape)
  return {
    shape,
    values: isUniform(value) ? value.values : value.values.subarray(i * size, (i + 1) * size),
  }
}

/** A scan whose body is done by `run`. */
export const scan =
  (
    run: (inputs: ReadonlyArray<Value>) => ReadonlyArray<Value>,
    { carry, slices }: OpAttributes["Scan"],
    { shape: [steps = 0, ...shape] }: Parameters<Operation<"Scan">>[2],
  ): ((inputs: ReadonlyArray<Value>) => Float64Array) =>
  (inputs) => {
    const size = sizeOf(shape)
    const values = new Float64Array(steps * size)
    const sliced = inputs.slice(carry, carry + slices)
    const captured = inputs.slice(carry + slices)
    let carried = inputs.slice(0, carry)
    for (let i = 0; i < steps; i++) {
      const outputs = run([...carried, ...sliced.map((slice) => rowOf(slice, i)), ...captured])
      carried = outputs.slice(0, carry)
      values.set(dense(outputs[carry]!), i * size)
    }
    return values
  }
