import {
  type Bijector,
  bijectorKind,
  constantLogDet,
  constraints,
  makeBijector,
  makePlugin,
  type Shape,
  ShapeError,
  showShape,
  signature,
} from "@pushforward/core"
import { Result } from "effect"
import { fillLower, readLower, sideOf } from "./internal/fillLower.ts"

const matrixShape = (shape: Shape): Shape => {
  const n = sideOf(shape[0] ?? 0)
  if (shape.length !== 1 || !Number.isInteger(n) || n < 1) {
    throw new ShapeError(
      `fill-triangular: expected a vector of length n(n + 1)/2, got an event of shape ${showShape(shape)}. ` +
        `The lengths are 1, 3, 6, 10, 15, ….`,
    )
  }
  return [n, n]
}

const vectorShape = (shape: Shape): Shape => {
  const [n = 0, columns] = shape
  if (shape.length !== 2 || n !== columns || n < 1) {
    throw new ShapeError(
      `fill-triangular: expected a square matrix, got an event of shape ${showShape(shape)}. Pass [n, n].`,
    )
  }
  return [(n * (n + 1)) / 2]
}

/**
 * Lays a vector out as a lower triangular matrix.
 *
 * **Details**
 *
 * - Forward: the entries on and below the diagonal are the vector's, the others 0; log-dets: 0
 * - Order: that of TensorFlow Probability's `fill_triangular`: 1 … 6 becomes `[[4, 0, 0], [6, 5, 0], [3, 2, 1]]`
 * - Shapes: `x: [...batch, n(n + 1)/2]` to `y: [...batch, n, n]`, `logDet: [...batch]`, for any `n`
 * - Throws: `ShapeError` for a vector of another length
 *
 * **Example** (The order)
 *
 * ```ts
 * import { fillTriangular } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const matrix = fillTriangular().forward(tf.tensor1d([1, 2, 3, 4, 5, 6]))
 * matrix.arraySync() // => [[4, 0, 0], [6, 5, 0], [3, 2, 1]]
 * ```
 *
 * @category constructors
 */
export const fillTriangular = (): Bijector =>
  makeBijector(
    signature({
      name: "fill-triangular",
      eventShapeIn: [null],
      eventShapeOut: [null, null],
      domain: constraints.real,
      codomain: constraints.lowerTriangular,
      forwardEventShape: matrixShape,
      inverseEventShape: vectorShape,
    }),
    {
      forwardAndLogDet: (x) => {
        matrixShape(x.shape.slice(-1))
        return [fillLower(x), constantLogDet(x, 1, 0)]
      },
      inverseAndLogDet: (y) => {
        vectorShape(y.shape.slice(-2))
        return [readLower(y), constantLogDet(y, 2, 0)]
      },
    },
  )

/** `{ "_tag": "fill-triangular" }`: see {@link fillTriangular}. */
export const fillTriangularPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "fill-triangular", {
  description: "A vector of n(n + 1)/2 numbers as a lower triangular n × n matrix",
  fields: {},
  examples: [{ spec: { _tag: "fill-triangular" }, eventShape: [3, 3] }],
  compile: () => Result.succeed(fillTriangular()),
})
