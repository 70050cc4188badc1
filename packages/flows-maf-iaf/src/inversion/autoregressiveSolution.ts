import { rawCount, splitRaw, type Transformer, withoutGradient } from "@pushforward/core"
import { type MaskedLayer, type MaskedNetwork, wholeMatrix } from "@pushforward/made"
import * as tf from "@tensorflow/tfjs-core"
import {
  adjointSystem,
  autoregressiveSystem,
  byLevel,
  reversedLevels,
  type Linearisation,
  rowsAt,
  undone,
} from "./autoregressiveSystem.ts"
import { solveLevels } from "./solveLevels.ts"

/** `y` and what the network makes of it. */
interface Solution {
  /** `[n, d]`. */
  readonly y: tf.Tensor2D
  /** `[n, p · d]`, kind after kind. */
  readonly raw: tf.Tensor2D
}

const solve = (network: MaskedNetwork, transformer: Transformer, x: tf.Tensor2D): Solution => {
  const { unknowns, raw } = solveLevels(autoregressiveSystem(network, transformer, x))
  const kinds = raw.shape[0] / unknowns.shape[0]
  const back = (rows: tf.Tensor2D, of: number): tf.Tensor2D =>
    tf.transpose(rowsAt(rows, undone(byLevel(network.levels, of))))
  return { y: back(unknowns, 1), raw: back(raw, kinds) }
}

/** The slope of each activation at `y`. */
const slopesAt = (layers: ReadonlyArray<MaskedLayer>, y: tf.Tensor2D): Linearisation["slopes"] => {
  const results: Array<tf.Tensor> = []
  let source: tf.Tensor2D = y
  return layers.slice(0, -1).map(({ matrix, bias, skip }, l) => {
    const plain = tf.add(matrix.times(source), bias)
    const result = skip === undefined ? plain : tf.add(plain, results[skip]!)
    const { activate } = layers[l + 1]!
    results.push(result)
    source = activate(result) as tf.Tensor2D
    return tf.grad(activate)(result) as tf.Tensor2D
  })
}

const linearised = (
  { layers }: MaskedNetwork,
  transformer: Transformer,
  { y, raw }: Solution,
): Linearisation => {
  const inverse = (at: tf.Tensor, numbers: tf.Tensor): tf.Tensor =>
    transformer.build(splitRaw(transformer, numbers)).inverse(at)
  const [byUnknown, byRaw] = tf.grads(inverse)([y, raw]) as [tf.Tensor2D, tf.Tensor2D]
  return { byUnknown, byRaw, slopes: slopesAt(layers, y) }
}

/** `λ` with `Jᵀ λ = g`, where `J = ∂x/∂y`. */
const pulledThrough = (
  network: MaskedNetwork,
  linearisation: Linearisation,
  g: tf.Tensor2D,
): tf.Tensor2D => {
  const { unknowns } = solveLevels(adjointSystem(network, linearisation, g))
  return tf.transpose(rowsAt(unknowns, undone(byLevel(reversedLevels(network.levels)))))
}

/**
 * Solves `yᵢ = T(xᵢ; network(y)ᵢ)` for `y`, and gives the raw numbers `network(y)` with it.
 *
 * **Details**
 *
 * - Costs one pass of the network in all, level after level: see {@link solveLevels}
 * - Shapes: `x: [n, d]` to `y: [n, d]` and `raw: [n, p · d]`
 * - Gradient with respect to `x` and all weights: implicit, of first order. With `J = ∂x/∂y` at the solution and `g` the
 *   gradient that comes in for `y`, `Jᵀ λ = g` is solved by one more such pass; `λ` is that of `x`, and weights get what
 *   `−λ` pulls back through one pass of the network. Nothing of the way to the solution is differentiated or kept
 */
export const autoregressiveSolution = (
  network: MaskedNetwork,
  transformer: Transformer,
  x: tf.Tensor2D,
): Solution => {
  const { layers } = network
  const [size, columns] = [x.shape[1], rawCount(transformer) * x.shape[1]]
  const packed = withoutGradient(x, (from) => {
    const { y, raw } = solve(network, transformer, from as tf.Tensor2D)
    return tf.concat2d([y, raw], 1)
  })
  const [y, raw] = tf.split(packed, [size, columns], 1) as [tf.Tensor2D, tf.Tensor2D]
  if (tf.engine().state.gradientDepth === 0) return { y, raw }

  const { byUnknown, byRaw, slopes } = linearised(network, transformer, { y, raw })
  const weights = layers.map(({ matrix }) => matrix.whole())
  // x itself, as the function of y and of the weights that it is.
  const again = transformer.build(splitRaw(transformer, network.apply(y))).inverse(y)
  const differentiable = tf.customGrad((...given) => {
    const save = given.pop() as unknown as tf.GradSaveFunc
    save([byUnknown, byRaw, ...slopes, ...weights])
    return {
      value: tf.clone(y),
      gradFunc: (g: tf.Tensor, saved: Array<tf.Tensor>) => {
        const [a, c, ...rest] = saved as [tf.Tensor2D, tf.Tensor2D, ...Array<tf.Tensor2D>]
        const there = layers.map((layer, l) => ({
          ...layer,
          matrix: wholeMatrix(rest[slopes.length + l]!),
        }))
        const lambda = pulledThrough(
          { ...network, layers: there },
          { byUnknown: a, byRaw: c, slopes: rest.slice(0, slopes.length) },
          g as tf.Tensor2D,
        )
        return [lambda, tf.neg(lambda)]
      },
    }
  })
  const solved = differentiable(x, again)
  return { y: solved, raw: network.apply(solved) as tf.Tensor2D }
}
