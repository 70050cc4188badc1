import "@tensorflow/tfjs-backend-cpu"
import {
  childSite,
  constraints,
  countParams,
  flattenParams,
  makeKey,
  mapParams,
  paramLeaves,
  type Params,
  randomizeParams,
  ShapeError,
  type Shape,
  sizeOf,
  state,
  toTensors,
  trainable,
  unflattenParams,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import * as fc from "fast-check"
import { expect, it } from "vitest"

const shape = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 })
const leaf = fc.tuple(shape, fc.boolean(), fc.nat()).map(([s, trained, seed]) => {
  const values = constraints.real.draw(makeKey(seed), [sizeOf(s)])
  return trained ? trainable(s, values) : state(s, values)
})
const trees: fc.Arbitrary<Params> = fc.letrec<{ tree: Params }>((tie) => ({
  tree: fc.dictionary(
    // Names that JavaScript orders by number, and names that it does not.
    fc.constantFrom("0", "1", "2", "10", "weight", "bias", "values"),
    fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie("tree")),
    { maxKeys: 4, noNullPrototype: true },
  ) as fc.Arbitrary<Params>,
})).tree

it("flatten and unflatten undo each other, role by role", () => {
  fc.assert(
    fc.property(trees, (tree) => {
      for (const role of ["trainable", "state"] as const) {
        const flat = flattenParams(tree, role)
        expect(flat.length).toBe(countParams(tree, role))
        expect(unflattenParams(tree, role, flat)).toEqual(tree)
        const moved = flat.map((v) => v + 1)
        expect(flattenParams(unflattenParams(tree, role, moved), role)).toEqual(moved)
        const other = role === "state" ? "trainable" : "state"
        expect(flattenParams(unflattenParams(tree, role, moved), other)).toEqual(
          flattenParams(tree, other),
        )
      }
    }),
    { seed: 1 },
  )
})

it("tensors have the tree's names, shapes and numbers", () => {
  fc.assert(
    fc.property(trees, (tree) =>
      tf.tidy(() => {
        const tensors = toTensors(tree)
        for (const [path, param] of paramLeaves(tree)) {
          const t = path.reduce<unknown>(
            (node, name) => (node as Record<string, unknown>)[name],
            tensors,
          ) as tf.Tensor
          expect(t.shape).toEqual(param.shape)
          expect(Float32Array.from(t.dataSync())).toEqual(param.values)
        }
      }),
    ),
    { seed: 1, numRuns: 30 },
  )
})

it("randomizing keeps the tree, moves every trainable value, and draws state from its constraint", () => {
  const tree: Params = {
    a: trainable([4], 0),
    b: { v: state([50], 1, constraints.positive), n: state([], 3) },
  }
  const moved = randomizeParams(tree, makeKey(1))
  expect(mapParams(moved, (p) => p.shape)).toEqual(mapParams(tree, (p) => p.shape))
  expect(flattenParams(moved, "trainable").every((v) => v !== 0)).toBe(true)
  const [path, variance] = paramLeaves(moved)[1]!
  expect(path).toEqual(["b", "v"])
  expect(variance.values.every((v) => v > 0)).toBe(true)
  expect(randomizeParams(tree, makeKey(1))).toEqual(moved)
  expect(randomizeParams(tree, makeKey(2))).not.toEqual(moved)
  // The original stays as it was.
  expect(tree["a"]).toEqual(trainable([4], 0))
})

it("leaves copy what they are given", () => {
  const values = Float32Array.of(1, 2)
  const param = trainable([2], values)
  values[0] = 9
  expect(param.values[0]).toBe(1)
})

it("says which sizes disagree, and the mend", () => {
  const wrong = (s: Shape, n: number) => () => trainable(s, new Float32Array(n))
  expect(wrong([2, 2], 3)).toThrow(ShapeError)
  expect(wrong([2, 2], 3)).toThrow(
    "parameter: shape [2, 2] holds 4 values, got 3. Make the two agree.",
  )
  expect(() => unflattenParams({ a: trainable([2], 0) }, "trainable", new Float32Array(3))).toThrow(
    "parameters: expected 2 trainable values, got 3. Use a vector made for this recipe.",
  )
})

it("a child's site keeps context, mode and noise, knows its path, and files reports under the child", () => {
  const reports: Array<string> = []
  const context = tf.scalar(1)
  const child = childSite(
    { context, mode: "train", noise: context, report: (path) => reports.push(path.join("/")) },
    "2",
  )
  expect(child.context).toBe(context)
  expect(child.mode).toBe("train")
  expect(child.noise).toBe(context)
  expect(childSite(child, "norm").path).toEqual(["2", "norm"])
  childSite(child, "norm").report!(["mean"], context)
  expect(reports).toEqual(["2/norm/mean"])
  expect(childSite(undefined, "x")).toEqual({ path: ["x"] })
})
