import { foldKey, makeKey, type RandomKey } from "@pushforward/core"
import { blockDegrees, type Degrees, randomDegrees, sequentialDegrees } from "./degrees.ts"
import { type Dependencies, dependencies, type Order } from "./dependencies.ts"
import { inputMask, type Mask, unitMask } from "./masks.ts"

/** How hidden units get their degrees: spread evenly, drawn, or in whole blocks. */
export type Connectivity = "sequential" | "random" | "block"

/** What decides the masks of a network. */
export interface StructureOptions {
  /** The number of dimensions, `d`. */
  readonly size: number
  /** Units of each hidden layer. Default `[64, 64]`. */
  readonly hidden?: ReadonlyArray<number>
  /** Which dimensions come before which. Default `"natural"`. */
  readonly order?: Order
  /** Default `"sequential"`. */
  readonly connectivity?: Connectivity
  /** Whether every second hidden layer is added to the one two before it. Default false. */
  readonly residual?: boolean
  /** Whether there is a context, which units that see no input depend on as well. Default false. */
  readonly conditional?: boolean
}

/**
 * What a masked network looks like, as plain values: which dimension depends on which, and the degrees of each hidden
 * layer's units.
 *
 * @category models
 */
export interface Structure {
  readonly dependencies: Dependencies
  readonly hidden: ReadonlyArray<Degrees>
}

/** The degrees that hidden units may have: those of the outputs, but the empty set only where it is of use. */
const choicesOf = ({ sets }: Dependencies, conditional: boolean): Degrees => {
  const all = Array.from({ length: sets.length - 1 }, (_, m) => m)
  return conditional || all.length === 1 ? all : all.slice(1)
}

const hiddenDegrees = (
  of: Dependencies,
  { hidden = [64, 64], connectivity = "sequential", residual, conditional }: StructureOptions,
  key: RandomKey,
): ReadonlyArray<Degrees> => {
  const choices = choicesOf(of, conditional ?? false)
  const draw = (units: number, layer: number, before: Degrees | undefined): Degrees => {
    if (connectivity === "sequential") return sequentialDegrees(units, choices)
    if (connectivity === "block") return blockDegrees(units, of.sets.length - 1)
    // A unit that no unit before it may feed would see nothing.
    const fed = before
      ? choices.filter((_, k) => unitMask(of, before, [choices[k]!]).values.includes(1))
      : choices
    return randomDegrees(units, fed, foldKey(key, layer))
  }
  const layers: Array<Degrees> = []
  hidden.forEach((units, l) => {
    // A layer that is added to another has its degrees.
    const added = residual && l % 2 === 0 ? layers[0] : undefined
    layers.push(added ?? draw(units, l, layers.at(-1)))
  })
  return layers
}

const requireBlocks = (hidden: ReadonlyArray<number>): void => {
  const ends = hidden.filter((_, l) => l % 2 === 0)
  if (hidden.length % 2 === 0 || new Set(ends).size > 1) {
    throw new RangeError(
      `residual: expected 1, 3, 5, … hidden layers, the first and every second one after it of one width, got ` +
        `[${hidden.join(", ")}]. Each block has two layers and is added to what goes into it, as in [64, 64, 64].`,
    )
  }
}

/**
 * The structure of a network.
 *
 * **Details**
 *
 * - Units are sorted by degree
 * - Random order and connectivity are drawn from `key`. A drawn unit always has one before it that may feed it
 * - Throws: `RangeError` for an order that is none, residual layers that do not pair up, blocks without a unit
 *
 * **Example** (One hidden layer of four units)
 *
 * ```ts
 * import { structure } from "@pushforward/made"
 *
 * structure({ size: 3, hidden: [4] }).hidden // => [[1, 1, 2, 2]]
 * ```
 *
 * @category constructors
 */
export const structure = (options: StructureOptions, key: RandomKey = makeKey(0)): Structure => {
  const drawn = drawStructure(options, key)
  return { ...drawn, hidden: drawn.hidden.map((degrees) => degrees.toSorted((a, b) => a - b)) }
}

/**
 * The same with its units as they are drawn: where several structures share their weights, a unit means something else in
 * each only if they are not sorted.
 */
export const drawStructure = (options: StructureOptions, key: RandomKey): Structure => {
  const { size, hidden = [64, 64], order, residual } = options
  if (residual) requireBlocks(hidden)
  const of = dependencies(size, order, foldKey(key, "order"))
  return { dependencies: of, hidden: hiddenDegrees(of, options, foldKey(key, "connectivity")) }
}

/** How many numbers go into a network and come out of it for each dimension. */
export interface Ends {
  /** `f`. Default 1. */
  readonly features?: number
  /** `p`. Default 1. */
  readonly outputs?: number
}

/** The degrees of all units from the first hidden layer to the `p d` outputs. */
export const unitDegrees = (
  { dependencies: of, hidden }: Structure,
  { outputs = 1 }: Ends = {},
): ReadonlyArray<Degrees> => [...hidden, Array.from({ length: outputs }, () => of.outputs).flat()]

/** The levels of the `f d` inputs. */
export const inputLevels = (
  { dependencies: of }: Structure,
  { features = 1 }: Ends = {},
): Degrees => Array.from({ length: features }, () => of.levels).flat()

/**
 * The masks of a structure: one for each dense layer, from `f d` inputs to `p d` outputs.
 *
 * **Details**
 *
 * - An output depends only on the inputs that its dimension depends on; with wide enough layers, on all of them
 *
 * **Example** (One hidden layer of two units)
 *
 * ```ts
 * import { masksOf, structure } from "@pushforward/made"
 *
 * const [into, out] = masksOf(structure({ size: 3, hidden: [2] }))
 * into!.values // => [1, 1, 0, 1, 0, 0]
 * out!.values // => [0, 1, 1, 0, 0, 1]
 * ```
 *
 * @category conversions
 */
export const masksOf = (of: Structure, ends: Ends = {}): ReadonlyArray<Mask> => {
  const layers = unitDegrees(of, ends)
  return layers.map((to, l) =>
    l === 0
      ? inputMask(of.dependencies, to, ends.features)
      : unitMask(of.dependencies, layers[l - 1]!, to),
  )
}
