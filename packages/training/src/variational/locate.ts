/**
 * Finding where a posterior is: a quasi-Newton path uphill, and the best Gaussian on the way.
 */
import { type BackendError, foldKey, normalValues, type RandomKey } from "@pushforward/core"
import { Effect } from "effect"
import { meanAndError } from "../evaluate.ts"
import { cholesky, inverseLower, times } from "./cholesky.ts"
import { type Frame, frameLogDet } from "./Frame.ts"

/** A log density and its gradient at each of some points, in free numbers. */
export type Evaluate = (
  points: ReadonlyArray<Float64Array>,
) => Effect.Effect<ReadonlyArray<Evaluation>, BackendError>

interface Evaluation {
  readonly value: number
  readonly gradient: Float64Array
}

/** A Gaussian and its evidence lower bound. */
interface Candidate {
  readonly frame: Frame
  readonly elbo: number
  readonly standardError: number
}

/** How many ways uphill are tried, from different places. */
const paths = 4
const stepsPerPath = 200
/** Draws for the bound of a Gaussian on the way. */
const draws = 64
/** Gaussians kept for the last round, and draws for their bounds there. */
const finalists = 3
const finalDraws = 1024
/** Newton steps that each of them may take. */
const sharpenings = 3
/** All trial steps along one direction are tried at once, 4⁸ to 4⁻¹⁰: scales may differ by orders of magnitude. */
const trials = Array.from({ length: 19 }, (_, i) => 4 ** (8 - i))
/** A way ends where a step no longer gains this many nats, or what float32 holds of the log density. */
const leastGain = (value: number): number => Math.max(1e-3, 5e-7 * Math.abs(value))

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, v, i) => sum + v * b[i]!, 0)

const along = (from: Float64Array, direction: Float64Array, step: number): Float64Array =>
  from.map((v, i) => v + step * direction[i]!)

const scaledIdentity = (d: number, scale: number): Float64Array =>
  Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? scale : 0))

/**
 * The inverse Hessian after a step `s` that changed the gradient by `y`, both of the negative log density: the update of
 * Broyden, Fletcher, Goldfarb and Shanno, `H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ`, `ρ = 1/(yᵀ s)`.
 */
const updated = (h: Float64Array, s: Float64Array, y: Float64Array): Float64Array => {
  const d = s.length
  const curvature = dot(y, s)
  const hy = times(h, y)
  const factor = (1 + dot(y, hy) / curvature) / curvature
  return h.map((value, at) => {
    const [i, j] = [Math.floor(at / d), at % d]
    return value + factor * s[i]! * s[j]! - (hy[i]! * s[j]! + s[i]! * hy[j]!) / curvature
  })
}

/** Draws of a Gaussian, and its bound once the density is known there. */
interface Trial {
  readonly points: ReadonlyArray<Float64Array>
  readonly candidate: (evaluations: ReadonlyArray<Evaluation>) => Candidate
}

/**
 * A Gaussian to be tried. A draw where the density is zero or not a number counts as the worst of the others; the bound is
 * −∞ when it is more than every second.
 */
const trialOf = (frame: Frame, key: RandomKey, count: number): Trial => {
  const d = frame.location.length
  const noise = normalValues(key, count * d)
  const at = (i: number): Float32Array => noise.subarray(i * d, (i + 1) * d)
  const constant = frameLogDet(frame) + (d / 2) * Math.log(2 * Math.PI)
  return {
    points: Array.from({ length: count }, (_, i) =>
      along(frame.location, times(frame.scale, at(i)), 1),
    ),
    candidate: (evaluations) => {
      const terms = evaluations.map(
        ({ value }, i) => value + constant + at(i).reduce((sum, z) => sum + z * z, 0) / 2,
      )
      const finite = terms.filter(Number.isFinite)
      if (2 * finite.length < count) return { frame, elbo: -Infinity, standardError: NaN }
      const worst = finite.reduce((a, b) => Math.min(a, b))
      const { mean, standardError } = meanAndError(
        terms.map((term) => (Number.isFinite(term) ? term : worst)),
      )
      return { frame, elbo: mean, standardError }
    },
  }
}

const isFinite = ({ value, gradient }: Evaluation): boolean =>
  Number.isFinite(value) && gradient.every(Number.isFinite)

/** The Gaussians along one way uphill, each at the Newton step from its point with the inverse Hessian so far. */
const climb = (evaluate: Evaluate, start: Float64Array, key: RandomKey) =>
  Effect.gen(function* () {
    const d = start.length
    const found: Array<Candidate> = []
    let at = start
    let [here] = yield* evaluate([at])
    let inverseHessian: Float64Array | undefined
    for (let step = 0; step < stepsPerPath && isFinite(here!); step++) {
      const { value, gradient } = here!
      const steepness = Math.sqrt(dot(gradient, gradient))
      if (steepness === 0) break
      const direction = times(inverseHessian ?? scaledIdentity(d, 1 / steepness), gradient)
      const scale = inverseHessian && cholesky(inverseHessian, d)
      const gaussian =
        scale && trialOf({ location: along(at, direction, 1), scale }, foldKey(key, step), draws)
      const points = trials.map((trial) => along(at, direction, trial))
      // One call for both: an eager engine takes about as long for a few points as for many.
      const evaluations = yield* evaluate([...points, ...(gaussian?.points ?? [])])
      const tried = evaluations.slice(0, points.length)
      if (gaussian) found.push(gaussian.candidate(evaluations.slice(points.length)))
      const best = tried.reduce(
        (b, one, i) => (isFinite(one) && one.value > (tried[b]?.value ?? value) ? i : b),
        -1,
      )
      if (best < 0 || tried[best]!.value - value < leastGain(value)) {
        // Forget the curvature once: the steepest way may still lead on.
        if (!inverseHessian) break
        inverseHessian = undefined
        continue
      }
      const s = points[best]!.map((v, i) => v - at[i]!)
      const y = gradient.map((g, i) => g - tried[best]!.gradient[i]!)
      const curvature = dot(s, y)
      if (curvature > 1e-12 * Math.sqrt(dot(s, s) * dot(y, y))) {
        inverseHessian = updated(inverseHessian ?? scaledIdentity(d, curvature / dot(y, y)), s, y)
      }
      at = points[best]!
      here = tried[best]!
    }
    return found
  })

/** One Newton step from a Gaussian's centre, with the curvature there by central differences of the gradient; if it is one. */
const sharpened = (evaluate: Evaluate, { location, scale }: Frame) =>
  Effect.gen(function* () {
    const d = location.length
    const step = 0.1
    const column = (j: number): Float64Array => location.map((_, i) => scale[i * d + j]!)
    const evaluations = yield* evaluate(
      Array.from({ length: 2 * d }, (_, k) =>
        along(location, column(k >> 1), k % 2 === 0 ? step : -step),
      ),
    )
    // In the coordinates of the Gaussian at hand: −Lᵀ ∇²f L, near the identity when it is right already.
    const curvature = new Float64Array(d * d)
    for (let j = 0; j < d; j++) {
      const change = evaluations[2 * j + 1]!.gradient.map(
        (g, i) => (g - evaluations[2 * j]!.gradient[i]!) / (2 * step),
      )
      for (let i = 0; i < d; i++) {
        const entry = dot(change, column(i)) / 2
        curvature[i * d + j]! += entry
        curvature[j * d + i]! += entry
      }
    }
    const factor = cholesky(curvature, d)
    if (!factor) return undefined
    // Covariance L C⁻¹ Lᵀ, with C = K Kᵀ.
    const back = inverseLower(factor, d)
    const covariance = new Float64Array(d * d)
    const columns = Array.from({ length: d }, (_, k) =>
      times(scale, back.subarray(k * d, (k + 1) * d)),
    )
    for (const c of columns) {
      for (let i = 0; i < d; i++)
        for (let j = 0; j < d; j++) covariance[i * d + j]! += c[i]! * c[j]!
    }
    const sharp = cholesky(covariance, d)
    if (!sharp) return undefined
    const centre = location.map(
      (_, i) => evaluations.reduce((sum, { gradient }) => sum + gradient[i]!, 0) / (2 * d),
    )
    return { location: along(location, times(covariance, centre), 1), scale: sharp }
  })

/**
 * The best Gaussian found on a few ways uphill, or `undefined` when the density is a number nowhere near the starts.
 *
 * **Details**
 *
 * - Each way starts at a standard normal draw; the Gaussian with the greatest evidence lower bound wins, so a density
 *   that grows without end somewhere narrow does not
 * - Source: Zhang, Carpenter, Gelman and Vehtari, "Pathfinder", JMLR 23 (2022), with a dense inverse Hessian
 */
export const locate = (
  evaluate: Evaluate,
  d: number,
  key: RandomKey,
): Effect.Effect<Candidate | undefined, BackendError> =>
  Effect.gen(function* () {
    const found: Array<Candidate> = []
    for (let path = 0; path < paths; path++) {
      const start = Float64Array.from(normalValues(foldKey(key, path), d))
      found.push(...(yield* climb(evaluate, start, foldKey(foldKey(key, "bound"), path))))
    }
    const best = (candidates: ReadonlyArray<Candidate>, count: number): Array<Candidate> =>
      candidates
        .filter(({ elbo }) => elbo > -Infinity)
        .toSorted((a, b) => b.elbo - a.elbo)
        .slice(0, count)
    const last: Array<Candidate> = []
    const finalKey = foldKey(key, "final")
    for (const finalist of best(found, finalists)) {
      let frame: Frame | undefined = finalist.frame
      for (let round = 0; frame && round <= sharpenings; round++) {
        const { points, candidate } = trialOf(frame, finalKey, finalDraws)
        last.push(candidate(yield* evaluate(points)))
        frame = yield* sharpened(evaluate, frame)
      }
    }
    return best(last, 1)[0]
  })
