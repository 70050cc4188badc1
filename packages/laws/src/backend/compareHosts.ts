import { type HostTensor, sameShape, showShape } from "@pushforward/core"
import { compare, failure, relative, success, worstOf } from "../internal/compare.ts"
import { float32 } from "../judge/float32.ts"
import type { Measurement } from "../Law.ts"

/** Outputs of two backends: the same shapes and types, numbers to 1e-4 relative, float32's own precision. */
export const compareHosts = (
  what: string,
  got: ReadonlyArray<HostTensor>,
  expected: ReadonlyArray<HostTensor>,
): Measurement => {
  if (got.length !== expected.length) {
    return failure(`${what}: ${got.length} outputs, expected ${expected.length}`)
  }
  return got.reduce<Measurement>((worst, tensor, i) => {
    const other = expected[i]!
    const own =
      tensor.dtype !== other.dtype
        ? failure(`${what}: output ${i} is ${tensor.dtype}, expected ${other.dtype}`)
        : sameShape(tensor.shape, other.shape)
          ? compare(
              tensor.values,
              other.values,
              relative(other.values, float32.tolerance),
              `${what}: output ${i}`,
            )
          : failure(
              `${what}: output ${i} has shape ${showShape(tensor.shape)}, expected ${showShape(other.shape)}`,
            )
    return worstOf([worst, own])
  }, success)
}
