import { foldKey, isParametric, makeKey, paramLeaves, sameShape } from "@pushforward/core"
import { violations } from "../internal/compare.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"

const same = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((v, i) => Object.is(v, b[i]))

/** Leaves whose values all differ, masked ones apart, can only come from a generator, and must follow the key. */
const looksRandom = (values: Float32Array): boolean => {
  const drawn = values.filter((v) => v !== 0)
  return drawn.length >= 4 && new Set(drawn).size === drawn.length
}

/** `init` is a pure function of its key. */
export const sameKey: BijectorLaw = {
  name: "same-key",
  grade: "required",
  statement: "init: the same key gives the same parameters, another key others of the same shapes",
  applies: ({ layer }) => isParametric(layer),
  call: `console.log(recipe.init(key)) // expected: equal to\nconsole.log(recipe.init(key))`,
  check: ({ layer }, { seed }) => {
    if (!isParametric(layer)) return violations([])
    const key = makeKey(seed)
    const init = (k: typeof key): ReturnType<typeof paramLeaves> => paramLeaves(layer.init(k))
    const [one, two, other] = [init(key), init(key), init(foldKey(key, "another"))]
    return violations(
      one.flatMap(([path, leaf], i) => {
        const name = path.join(".")
        const [, again] = two[i]!
        const elsewhere = other[i]
        if (!same(leaf.values, again.values))
          return [`${name} differs between two calls with one key`]
        if (
          elsewhere === undefined ||
          elsewhere[0].join(".") !== name ||
          elsewhere[1].role !== leaf.role ||
          !sameShape(elsewhere[1].shape, leaf.shape)
        ) {
          return [`${name} changes its place, role or shape with the key`]
        }
        return looksRandom(leaf.values) && same(leaf.values, elsewhere[1].values)
          ? [`${name} looks random, but does not follow the key`]
          : []
      }),
    )
  },
}
