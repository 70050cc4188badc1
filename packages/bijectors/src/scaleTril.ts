import {
  type Bijector,
  type BijectorMethods,
  type BijectorSignature,
  bijectorKind,
  constantLogDet,
  makeBijector,
  makePlugin,
  type ParametricBijector,
  ShapeError,
  showShape,
  signature,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { boundedLogScale } from "./internal/boundedLogScale.ts"
import {
  countBelow,
  diagonalOf,
  multiply,
  solveLower,
  strictlyLower,
} from "./internal/triangular.ts"
import { type Numbers, operand } from "./Numbers.ts"

/** A lower triangular matrix: rows on the host, or a tensor `[...batch, d, d]`. */
export type LowerMatrix = ReadonlyArray<ReadonlyArray<number>> | tf.Tensor

const isTensor = (matrix: LowerMatrix): matrix is tf.Tensor => matrix instanceof tf.Tensor

const vectorSignature = (d: number): BijectorSignature =>
  signature({
    name: "scale-tril",
    eventShapeIn: [d],
    jacobian: { kind: "triangular", order: Array.from({ length: d }, (_, i) => i) },
  })

const methods = (
  matrix: () => tf.Tensor,
  shift: Numbers,
  logScale: () => tf.Tensor | number,
): BijectorMethods => {
  const forward = (x: tf.Tensor): tf.Tensor => tf.add(multiply(matrix(), x), operand(shift))
  const inverse = (y: tf.Tensor): tf.Tensor => solveLower(matrix(), tf.sub(y, operand(shift)))
  return {
    forward,
    inverse,
    forwardAndLogDet: (x) => {
      const y = forward(x)
      return [y, constantLogDet(y, 1, logScale())]
    },
    inverseAndLogDet: (y) => {
      const x = inverse(y)
      return [x, tf.neg(constantLogDet(x, 1, logScale()))]
    },
  }
}

const requireLower = (rows: ReadonlyArray<ReadonlyArray<number>>): number => {
  const d = rows.length
  rows.forEach((row, i) => {
    if (row.length !== d) {
      throw new ShapeError(
        `scale-tril: expected a square matrix, got ${d} rows and ${row.length} columns in row ${i}. ` +
          `Write zeros above the diagonal.`,
      )
    }
    row.forEach((value, j) => {
      const expected =
        j > i ? "0 above the diagonal" : "a finite number other than 0 on the diagonal"
      if ((j > i && value !== 0) || (j === i && value === 0) || !Number.isFinite(value)) {
        throw new RangeError(
          `scale-tril: expected ${j < i ? "a finite number" : expected}, got ${value} in row ${i}, column ${j}. ` +
            `Pass a Cholesky factor of the covariance.`,
        )
      }
    })
  })
  return d
}

/** What {@link scaleTril} takes. */
export interface ScaleTrilOptions {
  /** Default 0. */
  readonly shift?: Numbers
  readonly scaleTril: LowerMatrix
}

/**
 * Multiplies vectors by a lower triangular matrix and shifts them.
 *
 * **Details**
 *
 * - Forward: `y = L x + shift`; log-det: `Σ log |Lᵢᵢ|`
 * - Inverse: `x = L⁻¹ (y − shift)` by forward substitution; log-det: `−Σ log |Lᵢᵢ|`
 * - Shapes: `scaleTril: [...batch, d, d]`, `x: [...batch, d]` to `y: [...batch, d]`, `logDet: [...batch]`
 * - Throws: `RangeError` for rows with a 0 on the diagonal or anything else above it; a tensor is not looked at: what
 *   stands above its diagonal must be 0
 *
 * **Example** (Correlated columns)
 *
 * ```ts
 * import { scaleTril } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * scaleTril({ scaleTril: [[2, 0], [1, 3]] }).forward(tf.tensor1d([1, 1])).arraySync() // => [2, 4]
 * ```
 *
 * @category constructors
 */
export const scaleTril = ({ shift = 0, scaleTril: given }: ScaleTrilOptions): Bijector => {
  if (isTensor(given)) {
    const [n, d] = [given.shape.at(-2), given.shape.at(-1)]
    if (given.rank < 2 || n !== d) {
      throw new ShapeError(
        `scale-tril: expected a square matrix, got a tensor of shape ${showShape(given.shape)}. Pass [...batch, d, d].`,
      )
    }
    return makeBijector(
      vectorSignature(d!),
      methods(
        () => given,
        shift,
        () => tf.sum(tf.log(tf.abs(diagonalOf(given))), -1),
      ),
    )
  }
  const d = requireLower(given)
  const values = Float32Array.from(given.flat())
  const logScale = given.reduce((sum, row, i) => sum + Math.log(Math.abs(row[i]!)), 0)
  return makeBijector(
    vectorSignature(d),
    methods(
      () => tf.tensor2d(values, [d, d]),
      shift,
      () => logScale,
    ),
  )
}

/**
 * A lower triangular matrix and a shift to train, for vectors of length `d`.
 *
 * **Details**
 *
 * - Forward: `y = L x + shift`; log-det: `Σ log Lᵢᵢ`
 * - Trained: `shift: [d]`, `lower: [d(d − 1)/2]` below the diagonal, and `rawDiagonal: [d]` with
 *   `Lᵢᵢ = exp(10 tanh(rawDiagonalᵢ/10))`, always between e⁻¹⁰ and e¹⁰; the identity at first
 * - Shapes: `x: [...batch, d]` to `y: [...batch, d]`, `logDet: [...batch]`
 *
 * **Example** (The identity at first)
 *
 * ```ts
 * import { trainableScaleTril } from "@pushforward/bijectors"
 * import { instantiate, makeKey } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = trainableScaleTril(2)
 * instantiate(recipe, recipe.init(makeKey(0))).forward(tf.tensor1d([3, 4])).arraySync() // => [3, 4]
 * ```
 *
 * @category constructors
 */
export const trainableScaleTril = (d: number): ParametricBijector => {
  const of = vectorSignature(d)
  return {
    ...of,
    init: () => ({
      shift: trainable([d], 0),
      rawDiagonal: trainable([d], 0),
      ...(d > 1 && { lower: trainable([countBelow(d)], 0) }),
    }),
    build: (params) => {
      const logDiagonal = boundedLogScale(params["rawDiagonal"] as tf.Tensor)
      const onDiagonal = tf.mul(tf.eye(d), tf.exp(logDiagonal))
      const matrix = tf.add(onDiagonal, strictlyLower(params["lower"] as tf.Tensor | undefined, d))
      return makeBijector(
        of,
        methods(
          () => matrix,
          params["shift"] as tf.Tensor,
          () => tf.sum(logDiagonal),
        ),
      )
    },
  }
}

/**
 * `{ "_tag": "scale-tril" }`, or with constants `{ "_tag": "scale-tril", "scaleTril": [[2, 0], [1, 3]], "shift": [1, 1] }`:
 * see {@link scaleTril} and {@link trainableScaleTril}. Without `scaleTril`, matrix and shift are trained.
 */
export const scaleTrilPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "scale-tril", {
  description: "A lower triangular matrix and a shift, constant or trained: y = L·x + shift",
  fields: {
    scaleTril: /* @__PURE__ */ (() =>
      Schema.optionalKey(Schema.Array(Schema.Array(Schema.Finite))))(),
    shift: /* @__PURE__ */ (() => Schema.optionalKey(Schema.Array(Schema.Finite)))(),
  },
  examples: [
    {
      spec: {
        _tag: "scale-tril",
        scaleTril: [
          [2, 0, 0],
          [-1, 0.5, 0],
          [0.3, 1, 1.5],
        ],
        shift: [1, -2, 0.5],
      },
      eventShape: [3],
    },
    { spec: { _tag: "scale-tril" }, eventShape: [3] },
  ],
  compile: ({ scaleTril: matrix, shift }, site) => {
    const [d] = site.eventShape
    if (d === undefined || site.eventShape.length !== 1) {
      return Result.fail(
        site.fail("_tag", {
          expected: "events that are vectors",
          actual: `events of shape ${showShape(site.eventShape)}`,
          hint: "Wrap scale-tril in a block, or use affine for single numbers.",
        }),
      )
    }
    if (matrix === undefined && shift !== undefined) {
      return Result.fail(
        site.fail("shift", {
          expected: "scaleTril beside shift",
          actual: "shift alone",
          hint: `Add scaleTril, leave shift out to train both, or use {"_tag": "affine", "shift": [...]}.`,
        }),
      )
    }
    if (shift !== undefined && shift.length !== d) {
      return Result.fail(
        site.fail("shift", {
          expected: `${d} numbers, one per element`,
          actual: String(shift.length),
          hint: "Make shift as long as the event.",
        }),
      )
    }
    return Result.succeed(
      matrix === undefined
        ? trainableScaleTril(d)
        : scaleTril({ scaleTril: matrix, shift: shift ?? 0 }),
    )
  },
})
