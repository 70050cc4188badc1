import {
  constraints,
  foldKey,
  makeKey,
  type Parametric,
  type ParamTensors,
  type Site,
  state,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { initialPanels, type Matrix, panelMatrix, panelsOf, wholeMatrix } from "./panels.ts"
import { dropoutAt } from "./dropout.ts"
import { made } from "./made.ts"
import type { MadeOptions } from "./MadeOptions.ts"
import { inputMask } from "./masks.ts"
import {
  applyLayers,
  type DenseLayer,
  makeNetwork,
  type MaskedNetwork,
  onRows,
} from "./MaskedNetwork.ts"
import { drawStructure, inputLevels, type Structure, unitDegrees } from "./structure.ts"
import { buildWeights, initialWeights, planWeights } from "./weights.ts"

/** A network, what goes around it, and how many sets of masks it has. */
export interface EnsembleOptions extends MadeOptions {
  /** How many orders and connectivities there are. Default 1. */
  readonly masks?: number
  /** Whether inputs also go straight to the outputs that may depend on them. Default false. */
  readonly direct?: boolean
}

/**
 * Networks that share their weights, each with masks of its own.
 *
 * **Details**
 *
 * - `current`: the networks to train at this step: in mode `"train"` one of them, in turn; else all
 * - `members`: all, with their structure; direct connections are in `apply` alone, not among the `layers`
 *
 * @category models
 */
export interface NetworkEnsemble {
  readonly current: () => ReadonlyArray<Pick<MaskedNetwork, "apply">>
  readonly members: () => ReadonlyArray<MaskedNetwork>
}

/** The structure of member `k` of an ensemble: drawn units are not sorted, so that each has another degree in every member. */
export const memberStructure = (options: EnsembleOptions, k: number): Structure =>
  drawStructure(
    { ...options, conditional: options.contextSize !== undefined },
    foldKey(makeKey(options.seed ?? 0), k),
  )

/** In an order, a unit feeds those of its own degree and above. */
const orderMask = (from: tf.Tensor, to: tf.Tensor): tf.Tensor =>
  tf.cast(tf.lessEqual(tf.expandDims(from, 1), tf.expandDims(to, 0)), "float32")

type Apply = MaskedNetwork["apply"]

/** What a network gives, and what comes straight from its inputs. */
const around = (apply: Apply, straight: Matrix | undefined): Apply =>
  straight === undefined ? apply : (x) => tf.add(apply(x), onRows(x, straight))

/** The weights of direct connections before training: none is there yet. */
const noWeights = ({ size, features = 1, outputs = 1 }: EnsembleOptions) => ({
  shape: [features * size, outputs * size] as const,
  values: new Float32Array(features * size * outputs * size),
})

const checkMasks = ({ masks = 1, order = "natural", connectivity }: EnsembleOptions): void => {
  if (!(Number.isInteger(masks) && masks > 0)) {
    throw new RangeError(`made: expected masks of 1, 2, …, got ${masks}. Use a whole number.`)
  }
  if (masks > 1 && typeof order !== "string" && Array.isArray(order[0])) {
    throw new RangeError(
      `made: expected an order for ${masks} masks, got a graph. Leave masks out, or use the order "random".`,
    )
  }
  if (masks > 1 && order !== "random" && connectivity !== "random") {
    throw new RangeError(
      `made: expected ${masks} different masks, but order and connectivity are fixed. Make one of them "random".`,
    )
  }
}

/**
 * One network with several sets of masks: MADE trained for many orders and connectivities at once.
 *
 * **Details**
 *
 * - Every step in mode `"train"` takes the next masks of the list, again from the start after the last
 * - Without masks to choose from (`masks: 1`) it is {@link made}; with them, weights are not masked at the start, as each
 *   is kept by some masks
 * - `direct`: `(M ⊙ A)ᵀ x` is added to the outputs; `A` starts at zero
 * - State: `mask`, the number of the next masks, when there are several
 * - Throws: `RangeError` for several masks that would all be the same, and what {@link made} throws
 * - Source: Germain et al., "MADE", arXiv:1502.03509, §4
 *
 * @category constructors
 */
export const networkEnsemble = (options: EnsembleOptions): Parametric<NetworkEnsemble> => {
  checkMasks(options)
  return (options.masks ?? 1) === 1 ? alone(options) : several(options)
}

const alone = (options: EnsembleOptions): Parametric<NetworkEnsemble> => {
  const network = made(options)
  const { structure: of } = network
  const panels = options.direct
    ? panelsOf(
        inputMask(of.dependencies, unitDegrees(of, options).at(-1)!, options.features),
        options.outputs,
      )
    : undefined
  return {
    init: (key) => ({
      ...network.init(key),
      ...(panels && { direct: initialPanels(panels, noWeights(options)) }),
    }),
    build: (params, site) => {
      const straight = panels && panelMatrix(panels, params["direct"]!)
      const through = network.build(params, site)
      const networks = [{ ...through, apply: around(through.apply, straight) }]
      return { current: () => networks, members: () => networks }
    },
  }
}

const several = (options: EnsembleOptions): Parametric<NetworkEnsemble> => {
  const { masks: count = 1, direct } = options
  const plan = planWeights(options)
  // In an order, degrees are levels, also those of the inputs.
  const members = Array.from({ length: count }, (_, k) => {
    const of = memberStructure(options, k)
    return [inputLevels(of, options), ...unitDegrees(of, options)]
  })
  const straightOf = (degrees: ReadonlyArray<tf.Tensor>, params: ParamTensors) =>
    direct
      ? wholeMatrix(
          tf.mul(params["direct"] as tf.Tensor2D, orderMask(degrees[0]!, degrees.at(-1)!)),
        )
      : undefined
  const layersOf = (
    degrees: ReadonlyArray<tf.Tensor>,
    params: ParamTensors,
    site: Site | undefined,
  ): ReadonlyArray<DenseLayer> =>
    buildWeights(
      plan,
      params,
      (l, weight) =>
        wholeMatrix(tf.mul(weight as tf.Tensor2D, orderMask(degrees[l]!, degrees[l + 1]!))),
      site,
    )
  return {
    init: (key) => ({
      ...initialWeights(plan, key),
      ...(direct && { direct: trainable(noWeights(options).shape, 0) }),
      mask: state([], 0, constraints.integerInterval(0, count - 1)),
    }),
    build: (params, site) => {
      const all = (): ReadonlyArray<MaskedNetwork> =>
        members.map((degrees) => {
          const tensors = degrees.map((each) => tf.tensor1d([...each]))
          const through = makeNetwork(
            layersOf(tensors, params, site),
            degrees,
            degrees[0]!.slice(0, options.size),
          )
          return { ...through, apply: around(through.apply, straightOf(tensors, params)) }
        })
      if (site?.mode !== "train") return { current: all, members: all }
      const mask = params["mask"] as tf.Tensor
      site.report?.(["mask"], tf.mod(tf.add(mask, 1), count))
      const place = tf.reshape(tf.cast(mask, "int32"), [1])
      const degrees = members[0]!.map((_, l) => {
        const each = tf.tensor2d(members.map((member) => [...member[l]!]))
        return tf.squeeze(tf.gather(each, place as tf.Tensor1D), [0])
      })
      const drop = dropoutAt(plan.dropout, options.seed ?? 0, site)
      const through = applyLayers(layersOf(degrees, params, site), drop)
      const apply = around(through, straightOf(degrees, params))
      return { current: () => [{ apply }], members: all }
    },
  }
}
