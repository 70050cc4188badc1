/**
 * Random numbers from explicit keys: counter-based, splittable, the same on every platform.
 *
 * The generator is Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011, the generator JAX uses). Draws use only `+ - * / sqrt`, which IEEE 754 rounds alike
 * everywhere: `Math.log` and `Math.cos` do not.
 */
import { tensor, type Tensor } from "@tensorflow/tfjs-core"
import { standardNormalQuantile } from "./normalQuantile.ts"
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
  // The key schedule, turned by one at each injection. Signed 32-bit numbers: nothing is allocated for them.
  let k0 = key.hi | 0
  let k1 = key.lo | 0
  let k2 = k0 ^ k1 ^ parity
  let x0 = (c0 + k0) | 0
  let x1 = (c1 + k1) | 0
  for (let round = 0; round < 20; round++) {
    const r = rotations[round % 8]!
    x0 = (x0 + x1) | 0
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0
    if (round % 4 === 3) {
      const first = k0
      k0 = k1
      k1 = k2
      k2 = first
      x0 = (x0 + k0) | 0
      x1 = (x1 + k1 + ((round + 1) >> 2)) | 0
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

/** Words of a key that are there at once. */
const block = 1024

/** Puts a key's 32-bit words from place `from` on, which is even, into `words`. */
const readWords = (key: RandomKey, from: number, words: Uint32Array): void => {
  for (let i = 0; i < words.length; i += 2) threefry(key, (from + i) / 2, 0, words, i)
}

/** Gives `use` the first `count` of a key's words, a block after the other, with where each begins. */
const throughWords = (
  key: RandomKey,
  count: number,
  use: (words: Uint32Array, from: number) => void,
): void => {
  const words = new Uint32Array(block)
  for (let from = 0; from < count; from += block) {
    const some = words.subarray(0, Math.min(block, count - from))
    readWords(key, from, some)
    use(some, from)
  }
}

/** `count` uniform 32-bit words. */
export const randomBits = (key: RandomKey, count: number): Uint32Array => {
  const values = new Uint32Array(count)
  throughWords(key, count, (words, from) => values.set(words, from))
  return values
}

/** `count` draws, uniform on the open interval (0, 1), each a multiple of 2⁻²⁴ (exact in float32, never 0 or 1). */
export const uniformValues = (key: RandomKey, count: number): Float32Array => {
  const values = new Float32Array(count)
  throughWords(key, count, (words, from) => {
    for (let i = 0; i < words.length; i++) values[from + i] = ((words[i]! >>> 9) + 0.5) * 2 ** -23
  })
  return values
}

/** `count` standard normal draws, by the inverse cdf of 32-bit uniforms; the largest possible is 6.3. */
export const normalValues = (key: RandomKey, count: number): Float32Array => {
  const values = new Float32Array(count)
  throughWords(key, count, (words, from) => {
    for (let i = 0; i < words.length; i++) {
      values[from + i] = standardNormalQuantile((words[i]! + 0.5) * 2 ** -32)
    }
  })
  return values
}

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
  const words = new Uint32Array(block)
  for (let i = count - 1; i > 0; i--) {
    const place = i % block
    if (place === block - 1 || i === count - 1) readWords(key, i - place, words)
    const j = Math.floor((words[place]! * (i + 1)) / 2 ** 32)
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order
}
