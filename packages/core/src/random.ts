/**
 * Random numbers from explicit keys: counter-based, splittable, the same on every platform.
 *
 * The generator is Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011, the generator JAX uses). Draws use only `+ - * / sqrt`, which IEEE 754 rounds alike
 * everywhere: `Math.log` and `Math.cos` do not.
 */
import { tensor, type Tensor } from "@tensorflow/tfjs-core"
import { logOfPositive } from "./internal/portableLog.ts"
import { type Shape, sizeOf } from "./Shape.ts"

/**
 * A key: two 32-bit words. Use each key once; derive more with {@link splitKey} or {@link foldKey}.
 *
 * @category models
 */
export interface RandomKey {
  readonly hi: number
  readonly lo: number
}

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const
const parity = 0x1bd11bda

/** Threefry-2x32-20: encrypts the counter `(c0, c1)` with the key into two 32-bit words at `out[at]`, `out[at+1]`. */
const threefry = (key: RandomKey, c0: number, c1: number, out: Uint32Array, at: number): void => {
  const schedule = [key.hi, key.lo, (key.hi ^ key.lo ^ parity) >>> 0] as const
  let x0 = (c0 + schedule[0]) | 0
  let x1 = (c1 + schedule[1]) | 0
  for (let round = 0; round < 20; round++) {
    const r = rotations[round % 8]!
    x0 = (x0 + x1) | 0
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0
    if (round % 4 === 3) {
      const injection = (round + 1) / 4
      x0 = (x0 + schedule[injection % 3]!) | 0
      x1 = (x1 + schedule[(injection + 1) % 3]! + injection) | 0
    }
  }
  out[at] = x0
  out[at + 1] = x1
}

/**
 * The key of a seed: any safe integer, also negative.
 *
 * ```ts
 * import { makeKey } from "@pushforward/core"
 *
 * makeKey(7).lo // => 7
 * ```
 *
 * @category constructors
 */
export const makeKey = (seed: number): RandomKey => {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(
      `seed: expected a safe integer, got ${seed}. Round it, or hash it to an integer.`,
    )
  }
  return { hi: Math.floor(seed / 2 ** 32) >>> 0, lo: seed >>> 0 }
}

/** Splits a key into `count` independent keys. Do not use `key` again afterwards. */
export const splitKey = (key: RandomKey, count: number): ReadonlyArray<RandomKey> => {
  const words = new Uint32Array(2)
  return Array.from({ length: count }, (_, i) => {
    threefry(key, i, 1, words, 0)
    return { hi: words[0]!, lo: words[1]! }
  })
}

/** The key for a number or a name under `key`: the same pair gives the same key, different ones independent keys. */
export const foldKey = (key: RandomKey, data: number | string): RandomKey => {
  const words = new Uint32Array(2)
  const fold = (into: RandomKey, step: number, purpose: number): RandomKey => {
    threefry(into, step, purpose, words, 0)
    return { hi: words[0]!, lo: words[1]! }
  }
  if (typeof data === "number") return fold(key, data, 2)
  // The length goes first, under another purpose: "a" is neither 97 nor the beginning of "ab", and "" is not `key`.
  const letters = Array.from(data, (c) => c.codePointAt(0)!)
  return letters.reduce((into, letter) => fold(into, letter, 2), fold(key, letters.length, 3))
}

/** `count` uniform 32-bit words. */
export const randomBits = (key: RandomKey, count: number): Uint32Array => {
  const words = new Uint32Array(count + (count % 2))
  for (let i = 0; i < words.length; i += 2) threefry(key, i / 2, 0, words, i)
  return words.subarray(0, count)
}

/** `count` draws, uniform on the open interval (0, 1), each a multiple of 2⁻²⁴ (exact in float32, never 0 or 1). */
export const uniformValues = (key: RandomKey, count: number): Float32Array =>
  Float32Array.from(randomBits(key, count), (word) => ((word >>> 9) + 0.5) * 2 ** -23)

/** `count` standard normal draws, by the inverse cdf of 32-bit uniforms; the largest possible is 6.3. */
export const normalValues = (key: RandomKey, count: number): Float32Array =>
  Float32Array.from(randomBits(key, count), (word) =>
    standardNormalQuantile((word + 0.5) * 2 ** -32),
  )

/**
 * A tensor of draws, uniform on (0, 1).
 *
 * @category draws
 */
export const randomUniform = (key: RandomKey, shape: Shape): Tensor =>
  tensor(uniformValues(key, sizeOf(shape)), [...shape], "float32")

/**
 * A tensor of standard normal draws.
 *
 * ```ts
 * import { makeKey, randomNormal } from "@pushforward/core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * randomNormal(makeKey(0), [2, 3]).shape // => [2, 3]
 * ```
 *
 * @category draws
 */
export const randomNormal = (key: RandomKey, shape: Shape): Tensor =>
  tensor(normalValues(key, sizeOf(shape)), [...shape], "float32")

/** A random permutation of `0 … count − 1` (Fisher and Yates). */
export const randomPermutation = (key: RandomKey, count: number): Int32Array => {
  const order = Int32Array.from({ length: count }, (_, i) => i)
  const words = randomBits(key, count)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((words[i]! * (i + 1)) / 2 ** 32)
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order
}

const polynomial = (coefficients: ReadonlyArray<number>, x: number): number =>
  coefficients.reduceRight((sum, c) => sum * x + c, 0)

const central = {
  over: [
    3.387132872796366608, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
    4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4,
    2.5090809287301226727e3,
  ],
  under: [
    1, 4.2313330701600911252e1, 6.871870074920579083e2, 5.3941960214247511077e3,
    2.1213794301586595867e4, 3.930789580009271061e4, 2.8729085735721942674e4,
    5.226495278852854561e3,
  ],
}
const middle = {
  over: [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 2.4178072517745061177e-1, 2.27238449892691845833e-2,
    7.7454501427834140764e-4,
  ],
  under: [
    1, 2.05319162663775882187, 1.6763848301838038494, 6.8976733498510000455e-1,
    1.4810397642748007459e-1, 1.51986665636164571966e-2, 5.475938084995344946e-4,
    1.05075007164441684324e-9,
  ],
}
const tail = {
  over: [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 2.9656057182850489123e-1,
    2.6532189526576123093e-2, 1.2426609473880784386e-3, 2.71155556874348757815e-5,
    2.01033439929228813265e-7,
  ],
  under: [
    1, 5.9983220655588793769e-1, 1.3692988092273580531e-1, 1.48753612908506148525e-2,
    7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7,
    2.04426310338993978564e-15,
  ],
}

/**
 * The standard normal quantile `Φ⁻¹(p)` in float64, relative error about 1e-16 (Wichura 1988, algorithm AS 241,
 * PPND16). `p` in (0, 1).
 */
export const standardNormalQuantile = (p: number): number => {
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (q * polynomial(central.over, r)) / polynomial(central.under, r)
  }
  const r = Math.sqrt(-logOfPositive(q < 0 ? p : 1 - p))
  const { over, under, from } = r <= 5 ? { ...middle, from: 1.6 } : { ...tail, from: 5 }
  const z = polynomial(over, r - from) / polynomial(under, r - from)
  return q < 0 ? -z : z
}
