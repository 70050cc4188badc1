import { evaluate, type Graph, type Node, nodesOf, passes, simplify } from "@pushforward/graph"
import fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { algebraRules } from "../src/simplify/algebra.ts"
import { broadcastRules } from "../src/simplify/broadcasts.ts"
import { orderRules } from "../src/simplify/canonicalOrder.ts"
import { concatRules } from "../src/simplify/concatOfOperations.ts"
import { constantRules } from "../src/simplify/constantFolding.ts"
import { infer } from "../src/infer.ts"
import { identityRules } from "../src/simplify/identities.ts"
import { maskRules } from "../src/simplify/masks.ts"
import { matMulRules } from "../src/simplify/matMuls.ts"
import { reductionRules } from "../src/simplify/reductions.ts"
import { sliceRules } from "../src/simplify/slicesAndConcats.ts"
import { actualSize, arbitraryGraph, dynamicSize, type GraphCase } from "./arbitraryGraph.ts"

const operations = (graph: Graph): number =>
  nodesOf(graph).filter(({ op }) => op !== "Constant" && op !== "Input").length

const sized = (shape: ReadonlyArray<number>): ReadonlyArray<number> =>
  shape.map((n) => (n > 0 && n % dynamicSize === 0 ? (n / dynamicSize) * actualSize : n))

const run = (graph: Graph, inputs: GraphCase["inputs"]): ReadonlyArray<Float64Array> =>
  evaluate(
    graph,
    graph.inputs.map(({ shape }, i) => ({ shape: sized(shape), values: inputs[i]! })),
  ).map(({ values }) => values)

/** The largest finite number anywhere in the graph: what cancels leaves the rounding of that. */
const scaleOf = (graph: Graph, inputs: GraphCase["inputs"]): number =>
  run({ ...graph, outputs: nodesOf(graph) }, inputs)
    .flatMap((values) => [...values])
    .reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1)

/** Above this the last bits of intermediate results are worth more than the results. */
const maxScale = 1e6

const same = (a: number, b: number, scale: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-12 * scale

const describeTypes = ({ outputs }: Graph): unknown =>
  outputs.map(({ shape, dtype }) => ({ shape, dtype }))

const fired = new Set<string>()

const check = (
  { graph, inputs }: GraphCase,
  pass: (graph: Graph, fired: (rule: string) => void) => Graph,
): void => {
  const simple = pass(graph, (rule) => fired.add(rule))
  expect(simple.inputs).toBe(graph.inputs)
  expect(simple.dynamic).toBe(graph.dynamic)
  expect(describeTypes(simple)).toEqual(describeTypes(graph))
  expect(operations(simple)).toBeLessThanOrEqual(operations(graph))
  const scale = scaleOf(graph, inputs)
  if (scale > maxScale) return
  const [before, after] = [run(graph, inputs), run(simple, inputs)]
  before.forEach((values, i) => {
    values.forEach((value, k) => {
      if (!same(value, after[i]![k]!, scale)) {
        throw new Error(
          `output ${i}, element ${k}: ${value} became ${after[i]![k]} (scale ${scale})`,
        )
      }
    })
  })
}

/** The graph as text, the same for graphs of the same structure. */
const written = (graph: Graph): string => {
  const ids = new Map<Node, number>()
  return [
    ...nodesOf(graph).map((node, i) => {
      ids.set(node, i)
      return `${node.op}(${node.inputs.map((input) => ids.get(input)).join()})${JSON.stringify(node.attributes)}`
    }),
    graph.outputs.map((output) => ids.get(output)).join(),
  ].join("\n")
}

const options = { seed: 3, numRuns: 600 }

describe("simplify", () => {
  for (const [name, pass] of Object.entries(passes)) {
    it(`${name}: same values, same types, no more operations`, () => {
      fc.assert(
        fc.property(arbitraryGraph, (each) => check(each, pass)),
        options,
      )
    })
  }

  it("all passes: same values, same types, no more operations", () => {
    fc.assert(
      fc.property(arbitraryGraph, (each) => check(each, simplify)),
      { ...options, numRuns: 2000 },
    )
  })

  it("simplify(simplify(g)) = simplify(g)", () => {
    fc.assert(
      fc.property(arbitraryGraph, ({ graph }) => {
        const once = simplify(graph)
        expect(written(simplify(once))).toBe(written(once))
      }),
      options,
    )
  })

  it("every node has the shape and type that its inputs give", () => {
    fc.assert(
      fc.property(arbitraryGraph, ({ graph }) => {
        for (const { op, inputs, attributes, shape, dtype } of nodesOf(simplify(graph))) {
          expect({ op, shape, dtype }).toEqual({ op, ...infer(op, inputs, attributes as never) })
        }
      }),
      options,
    )
  })

  afterAll(() => {
    const rules = [
      ...algebraRules,
      ...broadcastRules,
      ...orderRules,
      ...concatRules,
      ...constantRules,
      ...identityRules,
      ...maskRules,
      ...matMulRules,
      ...reductionRules,
      ...sliceRules,
    ].map(({ name }) => name)
    const names = [
      ...rules,
      "shared",
      "sums at once",
      "product in another order",
      "slices multiplied at once",
    ]
    expect(names.filter((name) => !fired.has(name))).toEqual([])
  })
})
