/**
 * Structures of every kind, for properties.
 */
import fc from "fast-check"
import {
  type Connectivity,
  type Mask,
  type Order,
  type Structure,
  type StructureOptions,
} from "../src/index.ts"

/** A graph without cycles: dimensions depend only on those of lower place. */
const graph = (size: number): fc.Arbitrary<ReadonlyArray<ReadonlyArray<boolean>>> =>
  fc
    .tuple(
      fc.shuffledSubarray(
        Array.from({ length: size }, (_, i) => i),
        { minLength: size },
      ),
      fc.array(fc.boolean(), { minLength: size * size, maxLength: size * size }),
    )
    .map(([places, bits]) =>
      places.map((a, i) => places.map((b, j) => b < a && bits[i * size + j]!)),
    )

const order = (size: number): fc.Arbitrary<Order> =>
  fc.oneof(
    fc.constantFrom<Order>("natural", "reversed", "random"),
    fc.shuffledSubarray(
      Array.from({ length: size }, (_, i) => i),
      { minLength: size },
    ),
    graph(size),
  )

/** Blocks need a unit for every set of inputs, of which there are at most as many as dimensions. */
const narrowest = (connectivity: Connectivity, size: number): number =>
  connectivity === "block" ? size : 1

/** Options of any structure, and a seed for it. */
export const anyStructure: fc.Arbitrary<{
  readonly options: StructureOptions
  readonly seed: number
}> = fc
  .tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.constantFrom<Connectivity>("sequential", "random", "block"),
    fc.boolean(),
  )
  .chain(([size, connectivity, residual]) => {
    const width = fc.integer({ min: narrowest(connectivity, size), max: 9 })
    return fc.record({
      seed: fc.nat(),
      options: fc.record({
        size: fc.constant(size),
        connectivity: fc.constant(connectivity),
        residual: fc.constant(residual),
        conditional: fc.boolean(),
        order: order(size),
        hidden: residual
          ? fc
              .tuple(width, fc.array(width, { maxLength: 2 }))
              .map(([outer, inner]) => [outer, ...inner.flatMap((w) => [w, outer])])
          : fc.array(width, { maxLength: 3 }),
      }),
    })
  })

/** The same without a context. */
export const anyUnconditional = anyStructure.map(({ options, seed }) => ({
  options: { ...options, conditional: false },
  seed,
}))

/** Whether dimension `j` depends on input `i`. */
export const dependsOn = ({ dependencies }: Structure, j: number, i: number): boolean =>
  dependencies.sets[dependencies.outputs[j]!]!.includes(i)

type Counts = ReadonlyArray<ReadonlyArray<number>>

const times = (a: Counts, { shape: [rows, columns], values }: Mask): Counts =>
  a.map((row) =>
    Array.from({ length: columns }, (_, j) =>
      Array.from({ length: rows }, (__, k) => row[k]! * values[k * columns + j]!).reduce(
        (sum, count) => sum + count,
        0,
      ),
    ),
  )

/** Entry `(i, j)` counts the ways from input `i` to output `j`; those around residual blocks, too. */
export const pathCounts = (masks: ReadonlyArray<Mask>, residual = false): Counts => {
  const size = masks[0]!.shape[0]
  const inputs = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (__, j) => Number(i === j)),
  )
  const layers: Array<Counts> = []
  masks.forEach((mask, l) => {
    const through = times(layers.at(-1) ?? inputs, mask)
    const around = residual && l > 0 && l < masks.length - 1 && l % 2 === 0
    const before = layers[l - 2]
    layers.push(around ? through.map((row, i) => row.map((n, j) => n + before![i]![j]!)) : through)
  })
  return layers.at(-1)!
}
