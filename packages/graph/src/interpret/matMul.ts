import { sizeOf } from "@pushforward/core"
import type { Operations } from "./Operation.ts"
import { dense, stepsOf, type Value } from "./Value.ts"

/** Rows and columns exchanged. */
const turned = (x: Float64Array, start: number, rows: number, columns: number): Float64Array => {
  const out = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = x[start + i * columns + j]!
  }
  return out
}

/** Where each matrix of the result finds its own in an operand with fewer or repeated ones. */
const matrixOffsets = ({ shape }: Value, batch: ReadonlyArray<number>): ReadonlyArray<number> => {
  const own = shape.slice(0, -2)
  const size = sizeOf(shape.slice(-2))
  const steps = stepsOf(own)
  return Array.from({ length: sizeOf(batch) }, (_, index) => {
    let rest = index
    let at = 0
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const mine = axis - batch.length + own.length
      if (mine >= 0 && own[mine] !== 1) at += (rest % batch[axis]!) * steps[mine]!
      rest = Math.floor(rest / batch[axis]!)
    }
    return at * size
  })
}

/** Matrix products. */
export const matMul: Operations<"MatMul"> = {
  MatMul: ([a, b], { transposeA, transposeB }, { shape }) => {
    const [m, n] = shape.slice(-2) as [number, number]
    const inner = a!.shape.at(transposeA ? -2 : -1)!
    const [left, right] = [dense(a!), dense(b!)]
    const batch = shape.slice(0, -2)
    const [atA, atB] = [matrixOffsets(a!, batch), matrixOffsets(b!, batch)]
    const out = new Float64Array(sizeOf(shape))
    atA.forEach((offset, matrix) => {
      // Both operands row by row: the innermost loop runs through memory.
      const x = transposeA
        ? turned(left, offset, inner, m)
        : left.subarray(offset, offset + m * inner)
      const y = transposeB
        ? turned(right, atB[matrix]!, n, inner)
        : right.subarray(atB[matrix], atB[matrix]! + inner * n)
      multiply(x, y, out.subarray(matrix * m * n, (matrix + 1) * m * n), m, inner, n)
    })
    return out
  },
}

const multiply = (
  x: Float64Array,
  y: Float64Array,
  out: Float64Array,
  m: number,
  inner: number,
  n: number,
): void => {
  for (let i = 0; i < m; i++) {
    const to = i * n
    for (let k = 0; k < inner; k++) {
      const factor = x[i * inner + k]!
      const from = k * n
      for (let j = 0; j < n; j++) out[to + j]! += factor * y[from + j]!
    }
  }
}
