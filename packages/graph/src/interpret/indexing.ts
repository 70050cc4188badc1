import { sizeOf } from "@pushforward/core"
import { GraphError } from "../GraphError.ts"
import type { Operations } from "./Operation.ts"
import { dense } from "./Value.ts"

/** Operations that take or put elements at given places. */
export const indexing: Operations<"Gather" | "ScatterAdd"> = {
  Gather: ([x, places], { axis }, { shape }) => {
    const size = x!.shape[axis]!
    const inner = sizeOf(x!.shape.slice(axis + 1))
    const outer = sizeOf(x!.shape.slice(0, axis))
    const [values, at] = [dense(x!), dense(places!)]
    const out = new Float64Array(sizeOf(shape))
    for (let i = 0; i < outer; i++) {
      for (let k = 0; k < at.length; k++) {
        const place = at[k]!
        if (!(place >= 0 && place < size)) {
          throw new GraphError(
            `evaluate: Gather found the index ${place}, expected one from 0 to ${size - 1}. Mend the indices.`,
          )
        }
        const from = (i * size + place) * inner
        out.set(values.subarray(from, from + inner), (i * at.length + k) * inner)
      }
    }
    return out
  },
  ScatterAdd: ([x, places], { count }, { shape }) => {
    const [values, at] = [dense(x!), dense(places!)]
    const out = new Float64Array(sizeOf(shape))
    const size = count === 0 ? 0 : out.length / count
    for (let k = 0; k < at.length; k++) {
      const place = at[k]!
      // As in TensorFlow.js, rows without a place are dropped.
      if (!(place >= 0 && place < count)) continue
      for (let j = 0; j < size; j++) out[place * size + j]! += values[k * size + j]!
    }
    return out
  },
}
