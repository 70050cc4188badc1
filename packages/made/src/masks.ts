/**
 * Masks: which weights of a dense layer are kept. A mask is `[in, out]`, row-major, 1 for a kept connection.
 */
import type { Degrees } from "./degrees.ts"

/** A 0/1 matrix over a layer's weights. */
export interface Mask {
  readonly shape: readonly [rows: number, columns: number]
  readonly values: Float32Array
}

const maskOf = (from: Degrees, to: Degrees, keep: (from: number, to: number) => boolean): Mask => ({
  shape: [from.length, to.length],
  values: Float32Array.from(from.flatMap((a) => to.map((b) => (keep(a, b) ? 1 : 0)))),
})

/** Into a hidden layer: a unit sees every unit of its own degree or below (MADE, eq. 13). */
export const hiddenMask = (from: Degrees, to: Degrees): Mask => maskOf(from, to, (a, b) => b >= a)

/**
 * Into the output: dimension `i` sees only units of strictly lower degree (MADE, eq. 14), so that its parameters do not
 * depend on itself.
 */
export const outputMask = (from: Degrees, to: Degrees): Mask => maskOf(from, to, (a, b) => b > a)
