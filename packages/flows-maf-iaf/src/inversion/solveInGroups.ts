import { scan } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { LevelSystem, Part, Range, Solved, SystemLayer } from "./LevelSystem.ts"
import { rowsBetween, type Starts } from "./rows.ts"

/** Levels that one turn of the loop solves; few enough to be solved one by one. */
const groupLevels = 4

/** Rows laid out alike for every group: places in the sorted rows, or −1 where a level has fewer rows than another. */
interface Layout {
  /** Rows of one level of one group. */
  readonly width: number
  readonly places: ReadonlyArray<number>
}

/** Lays out rows of levels `from` to `to`; those that share a level and a kind stay together. */
const layoutOf = (starts: ReadonlyArray<number>, [from, to]: Range, kinds: number): Layout => {
  const groups = Math.ceil((to - from) / groupLevels)
  const counts = Array.from({ length: groups * groupLevels }, (_, k) =>
    from + k < to ? (starts[from + k + 1]! - starts[from + k]!) / kinds : 0,
  )
  const most = Math.max(1, ...counts)
  return {
    width: most * kinds,
    places: counts.flatMap((count, k) =>
      Array.from({ length: kinds * most }, (_, j) => {
        const [kind, i] = [Math.floor(j / most), j % most]
        return i < count ? starts[from + k]! - starts[from]! + kind * count + i : -1
      }),
    ),
  }
}

/** Takes rows to their layout; rows of zeros where there are none. */
const laidOut = (x: tf.Tensor, places: ReadonlyArray<number>, axis = 0): tf.Tensor2D => {
  const size = x.shape[axis]!
  if (places.length === size && places.every((place, i) => place === i)) return x as tf.Tensor2D
  const padding: Array<[number, number]> = [
    [0, 0],
    [0, 0],
  ]
  padding[axis] = [0, 1]
  const index = tf.tensor1d(
    places.map((place) => (place < 0 ? size : place)),
    "int32",
  )
  return tf.gather(places.includes(-1) ? tf.pad(x, padding) : x, index, axis) as tf.Tensor2D
}

/** Takes rows from their layout. */
const collected = (x: tf.Tensor2D, places: ReadonlyArray<number>): tf.Tensor2D => {
  const order = places
    .flatMap((place, at) => (place < 0 ? [] : [[place, at] as const]))
    .toSorted(([a], [b]) => a - b)
    .map(([, at]) => at)
  return laidOut(x, order)
}

/** The levels of rows in a group: `width` of each. */
const levelsInGroup = (width: number): ReadonlyArray<number> =>
  Array.from({ length: groupLevels * width }, (_, k) => 1 + Math.floor(k / width))

/**
 * Solves levels `from` to `to` in a loop over groups of {@link groupLevels} levels.
 *
 * Every turn is the same function of tensors of the same sizes, so levels with fewer rows than others get rows of zeros,
 * with no weight to any other. A turn solves its group, and adds what the group's sources mean to the rows of all.
 *
 * @param solve solves the small system of one group
 * @param pending for each layer its rows of these levels, but for what sources of these levels add
 */
export const solveInGroups = (
  solve: (group: LevelSystem) => Solved,
  system: LevelSystem,
  starts: Starts,
  range: Range,
  pending: Part["sources"],
): Part => {
  const { layers } = system
  const batch = system.given.shape[1]
  const kindsOf = (begins: ReadonlyArray<number>): number =>
    begins.at(-1)! / starts.unknowns.at(-1)!
  const lay = (begins: ReadonlyArray<number>, kinds = 1): Layout => layoutOf(begins, range, kinds)
  const unknowns = lay(starts.unknowns)
  const given = lay(starts.given, kindsOf(starts.given))
  const feed = lay(starts.sources[0]!, kindsOf(starts.sources[0]!))
  const raw = lay(starts.rows.at(-1)!, kindsOf(starts.rows.at(-1)!))
  const rows = [...starts.rows.slice(0, -1).map((begins) => lay(begins)), raw]
  const sources = [feed, ...rows.slice(0, -1)]
  const groups = unknowns.places.length / (groupLevels * unknowns.width)

  const within = (x: tf.Tensor2D, begins: ReadonlyArray<number>): tf.Tensor2D | undefined =>
    rowsBetween(x, begins[range[0]]!, begins[range[1]]!)
  /** Rows in their layout, and zeros where there are none at all. */
  const rowsIn = ({ places }: Layout, x: tf.Tensor2D | undefined): tf.Tensor2D =>
    x ? laidOut(x, places) : tf.zeros([places.length, batch])
  const byGroup = (x: tf.Tensor2D): tf.Tensor => tf.reshape(x, [groups, -1, batch])

  const weights = layers.map(({ weight }, l) => {
    const [into, outOf] = [starts.rows[l]!, starts.sources[l]!]
    const [top, left] = [into[range[0]]!, outOf[range[0]]!]
    const sizes = [into[range[1]]! - top, outOf[range[1]]! - left] as const
    const [height, width] = [rows[l]!.places.length, sources[l]!.places.length]
    if (sizes.includes(0)) return tf.zeros([groups, height, width / groups])
    const part = tf.slice(weight, [top, left], [...sizes])
    const even = laidOut(laidOut(part, rows[l]!.places), sources[l]!.places, 1)
    return tf.transpose(tf.reshape(even, [height, groups, width / groups]), [1, 0, 2])
  })
  const order = rows.map(({ places }) =>
    tf.reshape(tf.range(0, places.length, 1, "int32"), [groups, -1]),
  )
  const helped = layers.flatMap((layer, l) => (layer.given ? [l] : []))
  const slices = [
    byGroup(rowsIn(given, within(system.given, starts.given))),
    ...weights,
    ...order,
    ...helped.map((l) => byGroup(rowsIn(rows[l]!, within(layers[l]!.given!, starts.rows[l]!)))),
  ]

  const turn = (
    carry: ReadonlyArray<tf.Tensor>,
    [mine, ...others]: ReadonlyArray<tf.Tensor>,
  ): { carry: ReadonlyArray<tf.Tensor>; output: tf.Tensor } => {
    const columns = others.slice(0, layers.length)
    const places = others.slice(layers.length, 2 * layers.length)
    const help = others.slice(2 * layers.length)
    const group = solve({
      ...system,
      levels: levelsInGroup(unknowns.width),
      given: mine as tf.Tensor2D,
      layers: layers.map((layer, l): SystemLayer => {
        const at = places[l] as tf.Tensor1D
        const assisted = helped.indexOf(l)
        return {
          ...layer,
          weight: tf.gather(columns[l]!, at) as tf.Tensor2D,
          start: tf.gather(carry[l]!, at) as tf.Tensor2D,
          levels: levelsInGroup(rows[l]!.width),
          ...(assisted >= 0 && { given: help[assisted] as tf.Tensor2D }),
        }
      }),
    })
    return {
      carry: carry.map((x, l) => tf.add(tf.matMul(columns[l]!, group.sources[l]!), x)),
      output: tf.concat2d([group.unknowns, group.raw, ...group.sources], 0),
    }
  }
  const results = scan(
    turn,
    rows.map((layout, l) => rowsIn(layout, pending[l])),
    slices,
  )

  const layouts = [unknowns, raw, ...sources]
  const parts = tf.split(
    results,
    layouts.map(({ places }) => places.length / groups),
    1,
  )
  const [found, last, ...rest] = layouts.map(({ places }, i) =>
    places.some((place) => place >= 0)
      ? collected(tf.reshape(parts[i]!, [places.length, batch]), places)
      : undefined,
  )
  return { unknowns: found, raw: last, sources: rest }
}
