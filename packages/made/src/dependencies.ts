/**
 * Dependencies: which dimensions of a vector each dimension may depend on.
 */
import { makeKey, type RandomKey, randomPermutation } from "@pushforward/core"
import type { Degrees } from "./degrees.ts"

/**
 * The order in which the dimensions of a vector come.
 *
 * **Details**
 *
 * - `"natural"`, `"reversed"`, `"random"`: the first before the second and so on, the other way round, or shuffled
 * - Numbers: `order[i]` is the place of dimension `i`, from 0
 * - A matrix: `order[i][j]` is true where dimension `i` depends on dimension `j`, for any graph without cycles
 */
export type Order =
  | "natural"
  | "reversed"
  | "random"
  | ReadonlyArray<number>
  | ReadonlyArray<ReadonlyArray<boolean>>

/**
 * Which dimensions each dimension depends on, and the sets of inputs that the units between them may see.
 *
 * **Details**
 *
 * - `levels`: of each input, from 1: an input comes after all that it depends on. In a plain order, its place
 * - `sets`: a unit of degree `m` sees the inputs `sets[m]`, and may feed those that see them all. Distinct, by level; the
 *   first is empty, the last holds every input. In a plain order, `sets[m]` are the first `m` inputs
 * - `outputs`: dimension `i` depends on the inputs `sets[outputs[i]]`
 *
 * @category models
 */
export interface Dependencies {
  readonly levels: Degrees
  readonly sets: ReadonlyArray<ReadonlyArray<number>>
  readonly outputs: Degrees
}

/** The inputs `0 … size − 1`. */
const inputs = (size: number): ReadonlyArray<number> => Array.from({ length: size }, (_, i) => i)

const placesOf = (
  size: number,
  order: Exclude<Order, ReadonlyArray<ReadonlyArray<boolean>>>,
  key: RandomKey,
): ReadonlyArray<number> => {
  if (order === "natural") return inputs(size)
  if (order === "reversed") return inputs(size).toReversed()
  if (order === "random") return Array.from(randomPermutation(key, size))
  const isPermutation =
    order.length === size && order.toSorted((a, b) => a - b).every((place, i) => place === i)
  if (!isPermutation) {
    throw new RangeError(
      `order: expected a permutation of 0 … ${size - 1}, got [${order.join(", ")}]. Name every place once.`,
    )
  }
  return order
}

/** Every dimension depends on all before it. */
const ofPlaces = (places: ReadonlyArray<number>): Dependencies => {
  const levels = places.map((place) => place + 1)
  return {
    levels,
    sets: Array.from({ length: places.length + 1 }, (_, m) =>
      inputs(places.length).filter((i) => places[i]! < m),
    ),
    outputs: places,
  }
}

/** The lengths of the longest ways from an input that depends on nothing, from 1. */
const levelsOfGraph = (parents: ReadonlyArray<ReadonlyArray<number>>): Degrees => {
  const levels = Array.from({ length: parents.length }, () => 0)
  const way: Array<number> = []
  const visit = (i: number): number => {
    const seen = way.indexOf(i)
    if (seen >= 0) {
      throw new RangeError(
        `order: expected dependencies without a cycle, got ${[...way.slice(seen), i].join(" → ")}, each depending on ` +
          `the next. Take one of them out.`,
      )
    }
    if (levels[i] === 0) {
      way.push(i)
      levels[i] = 1 + Math.max(0, ...parents[i]!.map(visit))
      way.pop()
    }
    return levels[i]!
  }
  return parents.map((_, i) => visit(i))
}

const ofGraph = (size: number, matrix: ReadonlyArray<ReadonlyArray<boolean>>): Dependencies => {
  if (matrix.length !== size || matrix.some((row) => row.length !== size)) {
    throw new RangeError(
      `order: expected a matrix of ${size} rows of ${size}, got rows of ${matrix.map((row) => row.length).join(", ")}. ` +
        `Give every dimension a row that says which others it depends on.`,
    )
  }
  const parents = matrix.map((row) => inputs(size).filter((j) => row[j]))
  const levels = levelsOfGraph(parents)
  const levelOf = (set: ReadonlyArray<number>): number => Math.max(0, ...set.map((i) => levels[i]!))
  const distinct = new Map(parents.map((set) => [set.join(), set]))
  const sets = [...distinct.values()].toSorted(
    (a, b) => levelOf(a) - levelOf(b) || a.length - b.length,
  )
  const names = sets.map((set) => set.join())
  return {
    levels,
    sets: [...sets, inputs(size)],
    outputs: parents.map((set) => names.indexOf(set.join())),
  }
}

/**
 * The dependencies of an order, or of a graph.
 *
 * **Details**
 *
 * - Throws: `RangeError` for an order that is not a permutation of `0 … size − 1`, or a graph with a cycle, which is named
 *
 * **Example** (The third dimension depends on both others, which know nothing of each other)
 *
 * ```ts
 * import { dependencies } from "@pushforward/made"
 *
 * const none = [false, false, false]
 * const fork = dependencies(3, [none, none, [true, true, false]])
 * fork.sets // => [[], [0, 1], [0, 1, 2]]
 * fork.levels // => [1, 1, 2]
 * ```
 *
 * @category constructors
 */
export const dependencies = (
  size: number,
  order: Order = "natural",
  key: RandomKey = makeKey(0),
): Dependencies => {
  const isGraph = (given: Order): given is ReadonlyArray<ReadonlyArray<boolean>> =>
    typeof given !== "string" && Array.isArray(given[0])
  return isGraph(order) ? ofGraph(size, order) : ofPlaces(placesOf(size, order, key))
}

/** The level from which on a unit of each degree is known: that of the last input it sees, 0 if it sees none. */
export const levelsOf = ({ levels, sets }: Dependencies, degrees: Degrees): Degrees => {
  const known = sets.map((set) => Math.max(0, ...set.map((i) => levels[i]!)))
  return degrees.map((degree) => known[degree]!)
}
