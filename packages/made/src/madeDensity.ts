import {
  batchPart,
  foldKey,
  type HostTensor,
  normalValues,
  type RandomKey,
  type Shape,
  sizeOf,
  uniformValues,
} from "@pushforward/core"
import {
  makeDistribution,
  type ParametricDistribution,
  scoreInside,
} from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import type { Conditional } from "./conditionals/index.ts"
import { type EnsembleOptions, networkEnsemble } from "./ensemble.ts"
import type { MaskedNetwork } from "./MaskedNetwork.ts"

/** The network of a density: its inputs and outputs follow from the conditional distributions. */
export interface MadeDensityOptions extends Omit<
  EnsembleOptions,
  "features" | "outputs" | "initial"
> {}

const values = { normal: normalValues, uniform: uniformValues }

/** All numbers of a draw in a row: `d` of each kind that the conditional takes, and one that chooses the masks. */
const drawNoise =
  (kinds: Conditional["noise"], size: number, chooses: boolean) =>
  (key: RandomKey, batch: Shape): HostTensor => {
    const draws = sizeOf(batch)
    const columns = kinds.length * size + (chooses ? 1 : 0)
    const drawn = new Float32Array(draws * columns)
    const put = (numbers: Float32Array, width: number, offset: number): void =>
      numbers.forEach((value, i) => {
        drawn[Math.floor(i / width) * columns + offset + (i % width)] = value
      })
    kinds.forEach((kind, k) => {
      put(values[kind](foldKey(key, k), draws * size), size, k * size)
    })
    if (chooses) put(uniformValues(foldKey(key, "mask"), draws), 1, columns - 1)
    return { shape: [...batch, columns], dtype: "float32", values: drawn }
  }

/**
 * A masked network as a density in its own right: `log p(x) = Σᵢ log p(xᵢ | x₍before i₎)`.
 *
 * **Details**
 *
 * - `conditional`: the distribution of one dimension, by the numbers that the network gives for it
 * - `direct`: inputs also go straight to the outputs, so that what is linear need not pass through hidden units
 * - With `masks: n` the density is `1/n Σₘ pₘ(x)` over `n` sets of masks; in mode `"train"` it is that of one of them, the
 *   next at every step
 * - The density costs one pass of the network for each set of masks, a draw one for each level of dimensions
 * - Shapes: event `[d]`, batch: that of the context
 * - Source: Germain et al., "MADE", arXiv:1502.03509, §2-4; Uria, Murray and Larochelle, "RNADE", arXiv:1306.0186, for
 *   mixtures
 *
 * **Example** (Laplace distributions)
 *
 * ```ts
 * import { constraints, instantiate, makeKey } from "@pushforward/core"
 * import { type conditionals, madeDensity } from "@pushforward/made"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const laplace: conditionals.Conditional = {
 *   name: "laplace",
 *   support: constraints.real,
 *   outputs: 1,
 *   logProb: (x, raw) => tf.sub(-Math.LN2, tf.abs(tf.sub(x, tf.squeeze(raw, [raw.rank - 2])))),
 *   noise: ["uniform"],
 *   sample: ([u], raw) => {
 *     const centred = tf.sub(u!, 0.5)
 *     const distance = tf.neg(tf.log1p(tf.mul(-2, tf.abs(centred))))
 *     return tf.add(tf.mul(tf.sign(centred), distance), tf.squeeze(raw, [raw.rank - 2]))
 *   },
 * }
 * const recipe = madeDensity(laplace, { size: 3 })
 * instantiate(recipe, recipe.init(makeKey(0))).sample(makeKey(1), [5]).shape // => [5, 3]
 * ```
 *
 * @category constructors
 */
export const madeDensity = (
  conditional: Conditional,
  options: MadeDensityOptions,
): ParametricDistribution => {
  const { size, masks = 1, contextSize } = options
  const { support, outputs, initial, features = 1, encode = (x) => x, noise: kinds } = conditional
  const ensemble = networkEnsemble({
    ...options,
    outputs,
    features,
    ...(initial && { initial }),
  })
  const rawOf = ({ apply }: Pick<MaskedNetwork, "apply">, x: tf.Tensor): tf.Tensor => {
    const raw = apply(encode(x))
    return tf.reshape(raw, [...raw.shape.slice(0, -1), outputs, size])
  }
  const of = {
    name: `made-${conditional.name}`,
    eventShape: [size],
    support,
    noise: drawNoise(kinds, size, masks > 1),
    ...(contextSize && { contextShape: [contextSize] }),
  }
  return {
    ...of,
    init: ensemble.init,
    build: (params, site) => {
      const { current, members } = ensemble.build(params, site)
      const score = (x: tf.Tensor): tf.Tensor =>
        average(current().map((network) => tf.sum(conditional.logProb(x, rawOf(network, x)), -1)))
      const draw = (network: MaskedNetwork, noise: ReadonlyArray<tf.Tensor>): tf.Tensor => {
        let x: tf.Tensor = tf.zerosLike(noise[0]!)
        // What a dimension depends on is final when its level's turn comes.
        for (let level = 1; level <= Math.max(...network.levels); level++) {
          const turn = tf.tensor1d(
            network.levels.map((each) => each === level),
            "bool",
          )
          x = tf.where(turn, conditional.sample(noise, rawOf(network, x)), x)
        }
        return x
      }
      const batchShape = contextSize && site?.context ? batchPart(site.context.shape, 1) : []
      return makeDistribution(
        { ...of, batchShape },
        {
          logProb: (x) => scoreInside(support, [size], x, score),
          sampleFrom: (noise) => {
            const numbers = tf.split(
              noise,
              [...kinds.map(() => size), ...(masks > 1 ? [1] : [])],
              -1,
            )
            const draws = members().map((network) => draw(network, numbers))
            return masks > 1 ? chosen(draws, numbers.at(-1)!) : draws[0]!
          },
        },
      )
    },
  }
}

/** `log 1/n Σ exp`. */
const average = (logProbs: ReadonlyArray<tf.Tensor>): tf.Tensor =>
  logProbs.length === 1
    ? logProbs[0]!
    : tf.sub(tf.logSumExp(tf.stack([...logProbs], -1), -1), Math.log(logProbs.length))

/** Each row from one of the draws, as uniform numbers `[...batch, 1]` say. */
const chosen = (draws: ReadonlyArray<tf.Tensor>, u: tf.Tensor): tf.Tensor => {
  const choice = tf.floor(tf.mul(u, draws.length))
  return draws.reduce((x, draw, k) => tf.where(tf.equal(choice, k), draw, x))
}
