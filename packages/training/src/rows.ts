import type { HostTensor } from "@pushforward/core"

/** A table of events: `values` is `[rows, ...event]`, row-major. */
export type Rows = Extract<HostTensor, { dtype: "float32" }>

/** The rows named by `indices`. */
export const takeRows = ({ values, shape }: Rows, indices: ArrayLike<number>): Rows => {
  const width = values.length / shape[0]!
  const taken = new Float32Array(indices.length * width)
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i]! * width
    taken.set(values.subarray(at, at + width), i * width)
  }
  return { shape: [indices.length, ...shape.slice(1)], dtype: "float32", values: taken }
}

/** Consecutive pieces of at most `size` rows, sharing memory. */
export const chunkRows = function* ({ values, shape }: Rows, size: number): Generator<Rows> {
  const count = shape[0]!
  const width = values.length / Math.max(1, count)
  for (let from = 0; from < count; from += size) {
    const to = Math.min(count, from + size)
    yield {
      shape: [to - from, ...shape.slice(1)],
      dtype: "float32",
      values: values.subarray(from * width, to * width),
    }
  }
}
