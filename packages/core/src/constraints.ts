/**
 * The constraints: `real`, `positive`, `simplex`, …. Exported as the namespace `constraints`.
 */
import * as tf from "@tensorflow/tfjs-core"
import type { Bounds, Constraint } from "./Constraint.ts"
import { foldKey, normalValues, type RandomKey, uniformValues } from "./random.ts"
import { type Shape, ShapeError, showShape, sizeOf } from "./Shape.ts"

/** How far rounding may push a point off an equality such as "sums to one". */
const tolerance = 1e-4

const everywhere: Bounds = {
  low: -Infinity,
  high: Infinity,
  lowIncluded: false,
  highIncluded: false,
}

const elementwise = (
  name: string,
  bounds: Bounds,
  draw: Constraint["draw"],
  contains?: Constraint["contains"],
): Constraint => ({
  name,
  eventRank: 0,
  bounds,
  elementwise: contains === undefined,
  within: [],
  draw,
  contains:
    contains ??
    ((x) =>
      tf.logicalAnd(
        bounds.lowIncluded ? tf.greaterEqual(x, bounds.low) : tf.greater(x, bounds.low),
        bounds.highIncluded ? tf.lessEqual(x, bounds.high) : tf.less(x, bounds.high),
      )),
})

/** The real line without its infinities. Draws have standard deviation 1.5. */
export const real: Constraint = elementwise("real", everywhere, (key, shape) =>
  normalValues(key, sizeOf(shape)).map((z) => 1.5 * z),
)

/** `x > a`. Draws are log-normal above `a`. */
export const greaterThan = (a: number): Constraint =>
  elementwise(a === 0 ? "positive" : `greaterThan(${a})`, { ...everywhere, low: a }, (key, shape) =>
    normalValues(key, sizeOf(shape)).map((z) => a + Math.exp(0.7 * z)),
  )

/** `x > 0`. */
export const positive: Constraint = greaterThan(0)

/** `x ≥ 0`. */
export const nonNegative: Constraint = elementwise(
  "nonNegative",
  { ...everywhere, low: 0, lowIncluded: true },
  positive.draw,
)

/** `a ≤ x ≤ b`. Draws keep 2 % of the width away from the ends. */
export const interval = (a: number, b: number): Constraint => {
  if (!(a < b)) {
    throw new RangeError(`interval: expected a < b, got a = ${a}, b = ${b}. Swap them.`)
  }
  return elementwise(
    a === 0 && b === 1 ? "unitInterval" : `interval(${a}, ${b})`,
    { low: a, high: b, lowIncluded: true, highIncluded: true },
    (key, shape) => uniformValues(key, sizeOf(shape)).map((u) => a + (b - a) * (0.02 + 0.96 * u)),
  )
}

/** `0 ≤ x ≤ 1`. */
export const unitInterval: Constraint = interval(0, 1)

/** Whole numbers. */
export const integer: Constraint = elementwise(
  "integer",
  everywhere,
  (key, shape) => normalValues(key, sizeOf(shape)).map((z) => Math.round(4 * z)),
  (x) => tf.equal(x, tf.round(x)),
)

/** Whole numbers from `a` to `b`. Draws are uniform. */
export const integerInterval = (a: number, b: number): Constraint => {
  if (!(Number.isInteger(a) && Number.isInteger(b) && a <= b)) {
    throw new RangeError(
      `integerInterval: expected whole numbers a ≤ b, got a = ${a}, b = ${b}. Round them, or swap them.`,
    )
  }
  const count = b - a + 1
  return {
    ...elementwise(
      a === 0 && b === 1 ? "boolean" : `integerInterval(${a}, ${b})`,
      { low: a, high: b, lowIncluded: true, highIncluded: true },
      (key, shape) =>
        uniformValues(key, sizeOf(shape)).map((u) => Math.min(b, a + Math.floor(u * count))),
      (x) =>
        tf.logicalAnd(
          integer.contains(x),
          tf.logicalAnd(tf.greaterEqual(x, a), tf.lessEqual(x, b)),
        ),
    ),
    values: Array.from({ length: count }, (_, i) => a + i),
    within: [integer],
  }
}

/** `0` or `1`. */
export const boolean: Constraint = integerInterval(0, 1)

/** A constraint on whole events: `fill` writes one event, of shape `event`, from its own key. */
const structured = (
  name: string,
  eventRank: number,
  fill: (event: Float32Array, shape: Shape, key: RandomKey) => void,
  contains: Constraint["contains"],
  extra: Partial<Constraint> = {},
): Constraint => ({
  name,
  eventRank,
  bounds: everywhere,
  elementwise: false,
  within: [],
  contains,
  draw: (key, shape) => {
    const event = shape.slice(shape.length - eventRank)
    const size = sizeOf(event)
    const values = new Float32Array(sizeOf(shape))
    for (let i = 0; i * size < values.length; i++) {
      fill(values.subarray(i * size, (i + 1) * size), event, foldKey(key, i))
    }
    return values
  },
  ...extra,
})

/** Vectors with positive entries that sum to one. */
export const simplex: Constraint = structured(
  "simplex",
  1,
  (event, _, key) => {
    event.set(normalValues(key, event.length).map(Math.exp))
    const sum = event.reduce((s, w) => s + w, 0)
    event.forEach((w, i) => (event[i] = w / sum))
  },
  (x) =>
    tf.logicalAnd(
      tf.all(tf.greaterEqual(x, 0), -1),
      tf.less(tf.abs(tf.sub(tf.sum(x, -1), 1)), tolerance),
    ),
  { bounds: unitInterval.bounds },
)

/** Strictly increasing vectors. */
export const ordered: Constraint = structured(
  "ordered",
  1,
  (event, _, key) => {
    const steps = normalValues(key, event.length)
    let at = steps[0]! - event.length / 2
    event.forEach((__, i) => (event[i] = at += i === 0 ? 0 : Math.exp(0.5 * steps[i]!)))
  },
  (x) => {
    const n = x.shape.at(-1)!
    const axis = x.rank - 1
    // TensorFlow.js takes `all` of nothing for false.
    if (n < 2) return tf.logicalNot(tf.any(tf.isNaN(x), -1))
    const part = (from: number): tf.Tensor =>
      tf.slice(
        x,
        x.shape.map((_, i) => (i === axis ? from : 0)),
        x.shape.map((size, i) => (i === axis ? n - 1 : size)),
      )
    return tf.all(tf.greater(part(1), part(0)), -1)
  },
)

const isLowerTriangular = (x: tf.Tensor): tf.Tensor =>
  tf.all(tf.equal(tf.sub(x, tf.linalg.bandPart(x, -1, 0)), 0), [-2, -1])

const diagonalOf = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(x, tf.eye(x.shape.at(-1)!)), -1)

const hasPositiveDiagonal = (x: tf.Tensor): tf.Tensor => tf.all(tf.greater(diagonalOf(x), 0), -1)

const requireSquare = (event: Shape): number => {
  if (event[0] !== event[1]) {
    throw new ShapeError(
      `expected square matrices, got events of shape ${showShape(event)}. Pass [n, n].`,
    )
  }
  return event[0]!
}

const fillLowerTriangle = (
  event: Float32Array,
  n: number,
  key: RandomKey,
  diagonal: (z: number) => number,
): void => {
  const z = normalValues(key, n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++)
      event[i * n + j] = i === j ? diagonal(z[i * n + j]!) : z[i * n + j]!
  }
}

/** Square matrices with zeros above the diagonal. */
export const lowerTriangular: Constraint = structured(
  "lowerTriangular",
  2,
  (event, shape, key) => fillLowerTriangle(event, requireSquare(shape), key, (z) => z),
  isLowerTriangular,
)

/** Lower triangular matrices with a positive diagonal: Cholesky factors. */
export const lowerCholesky: Constraint = structured(
  "lowerCholesky",
  2,
  (event, shape, key) =>
    fillLowerTriangle(event, requireSquare(shape), key, (z) => Math.exp(0.5 * z)),
  (x) => tf.logicalAnd(isLowerTriangular(x), hasPositiveDiagonal(x)),
  { within: [lowerTriangular] },
)

/** Cholesky factors of correlation matrices: rows of length one, positive diagonal. */
export const correlationCholesky: Constraint = structured(
  "correlationCholesky",
  2,
  (event, shape, key) => {
    const n = requireSquare(shape)
    fillLowerTriangle(event, n, key, (z) => Math.exp(0.5 * z))
    for (let i = 0; i < n; i++) {
      const row = event.subarray(i * n, (i + 1) * n)
      const norm = Math.sqrt(row.reduce((s, v) => s + v * v, 0))
      row.forEach((v, j) => (row[j] = v / norm))
    }
  },
  (x) =>
    tf.logicalAnd(
      lowerCholesky.contains(x),
      tf.all(tf.less(tf.abs(tf.sub(tf.sum(tf.square(x), -1), 1)), tolerance), -1),
    ),
  { within: [lowerCholesky] },
)

/** Pivots of elimination without exchange; all positive exactly when a symmetric matrix is positive definite. */
const pivots = (x: tf.Tensor): ReadonlyArray<tf.Tensor> => {
  const n = x.shape.at(-1)!
  if (n === 0) return []
  const at = (i: number, j: number, rows: number, columns: number): tf.Tensor =>
    tf.slice(
      x,
      [...x.shape.slice(0, -2).map(() => 0), i, j],
      [...x.shape.slice(0, -2), rows, columns],
    )
  const pivot = at(0, 0, 1, 1)
  const rest = tf.sub(
    at(1, 1, n - 1, n - 1),
    tf.div(tf.matMul(at(1, 0, n - 1, 1), at(0, 1, 1, n - 1)), pivot),
  )
  return [tf.squeeze(pivot, [-2, -1]), ...(n === 1 ? [] : pivots(rest))]
}

/** Symmetric matrices with positive eigenvalues. */
export const positiveDefinite: Constraint = structured(
  "positiveDefinite",
  2,
  (event, shape, key) => {
    const n = requireSquare(shape)
    const factor = new Float32Array(n * n)
    fillLowerTriangle(factor, n, key, (z) => Math.exp(0.5 * z))
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = i === j ? 0.1 : 0
        for (let k = 0; k < n; k++) sum += factor[i * n + k]! * factor[j * n + k]!
        event[i * n + j] = sum
      }
    }
  },
  (x) => {
    const axes = Array.from({ length: x.rank }, (_, i) => i)
    const transposed = tf.transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2])
    const size = tf.max(tf.abs(x), [-2, -1], true)
    const symmetric = tf.all(
      tf.lessEqual(tf.abs(tf.sub(x, transposed)), tf.mul(size, tolerance)),
      [-2, -1],
    )
    return pivots(x).reduce((ok, p) => tf.logicalAnd(ok, tf.greater(p, 0)), symmetric)
  },
)

/**
 * Events along the last axis whose consecutive parts lie in different sets: part `i` has `sizes[i]` elements in
 * `parts[i]`. Parts have rank 0 or 1.
 */
export const parts = (
  members: ReadonlyArray<readonly [constraint: Constraint, size: number]>,
): Constraint => {
  const [first] = members
  if (first && members.every(([c]) => c.name === first[0].name && c.elementwise)) return first[0]
  const total = members.reduce((n, [, size]) => n + size, 0)
  return {
    name: `parts(${members.map(([c, size]) => `${c.name}: ${size}`).join(", ")})`,
    eventRank: 1,
    bounds: {
      low: Math.min(...members.map(([c]) => c.bounds.low)),
      high: Math.max(...members.map(([c]) => c.bounds.high)),
      lowIncluded: members.some(([c]) => c.bounds.lowIncluded),
      highIncluded: members.some(([c]) => c.bounds.highIncluded),
    },
    elementwise: false,
    within: [],
    contains: (x) => {
      const split = tf.split(
        x,
        members.map(([, size]) => size),
        -1,
      )
      return members
        .map(([c], i) =>
          c.eventRank === 0 ? tf.all(c.contains(split[i]!), -1) : c.contains(split[i]!),
        )
        .reduce((a, b) => tf.logicalAnd(a, b))
    },
    draw: (key, shape) => {
      const values = new Float32Array(sizeOf(shape))
      let offset = 0
      members.forEach(([constraint, size], m) => {
        const drawn = constraint.draw(foldKey(key, m), [...shape.slice(0, -1), size])
        for (let row = 0; row * total < values.length; row++) {
          values.set(drawn.subarray(row * size, (row + 1) * size), row * total + offset)
        }
        offset += size
      })
      return values
    },
  }
}
