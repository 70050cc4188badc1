import { sizeOf, type TensorFunction, type TensorSpec } from "@pushforward/core"
import { evaluate, type Graph, trace } from "@pushforward/graph"
import type { Input, Judge } from "./Judge.ts"

/** What was traced: by owner, program and shapes. */
const graphs = new WeakMap<object, WeakMap<object, Map<string, Graph>>>()

const graphOf = (
  owner: object,
  program: object,
  f: TensorFunction,
  inputs: ReadonlyArray<Input>,
): Graph => {
  const ofOwner = graphs.get(owner) ?? new WeakMap<object, Map<string, Graph>>()
  graphs.set(owner, ofOwner)
  const known = ofOwner.get(program) ?? new Map<string, Graph>()
  ofOwner.set(program, known)
  const specs = inputs.map(({ shape, dtype = "float32", batched = false }): TensorSpec => ({
    shape: batched ? [null, ...shape.slice(1)] : shape,
    dtype,
  }))
  const id = JSON.stringify(specs)
  const found = known.get(id)
  if (found) return found
  const graph = trace(f, specs, { exact: true })
  known.set(id, graph)
  return graph
}

/** The graph of the same functions in float64: tight enough to see a wrong digit in a formula. */
export const float64: Judge = {
  precision: "float64",
  tolerance: 1e-11,
  agreement: 1e-11,
  rounding: 64 * 2 ** -52,
  // What passes has passed to 1e-9.
  most: 9e-10,
  differences: { step: 1e-5, tolerance: 1e-6 },
  // One batch axis, so that one trace serves every case.
  batchOf: (batch) => [sizeOf(batch)],
  run: (owner, program, f, inputs) => evaluate(graphOf(owner, program, f, inputs), inputs),
}
