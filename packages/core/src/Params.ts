/**
 * Parameters: immutable trees of numbers on the host. Tensors exist only inside a step, so there is nothing to leak.
 */
import { tensor, type Tensor } from "@tensorflow/tfjs-core"
import type { Constraint } from "./Constraint.ts"
import { foldKey, normalValues, type RandomKey } from "./random.ts"
import { type Shape, ShapeError, showShape, sizeOf } from "./Shape.ts"

/**
 * One leaf. `trainable` leaves are unconstrained reals that an optimiser moves; `state` leaves (a batch
 * normalisation's statistics) are moved by the layer itself, within `constraint`; `gathered` ones in mode `"gather"`, by a
 * pass over the training rows before each evaluation.
 *
 * @category models
 */
export interface Param {
  readonly role: "trainable" | "state"
  readonly shape: Shape
  readonly values: Float32Array
  readonly constraint?: Constraint
  readonly gathered?: boolean
}

/** A tree of named leaves. */
export interface Tree<A> {
  readonly [name: string]: A | Tree<A>
}

/** A recipe's parameters: plain values, free to copy, compare and save. */
export type Params = Tree<Param>

/** The same tree as tensors, as `build` takes it. */
export type ParamTensors = Tree<Tensor>

const leaf = (role: Param["role"], shape: Shape, values: ArrayLike<number> | number): Param => {
  const size = sizeOf(shape)
  const array =
    typeof values === "number" ? new Float32Array(size).fill(values) : Float32Array.from(values)
  if (array.length !== size) {
    throw new ShapeError(
      `parameter: shape ${showShape(shape)} holds ${size} values, got ${array.length}. Make the two agree.`,
    )
  }
  return { role, shape, values: array }
}

/**
 * A trainable leaf: `values` may be one number for all elements.
 *
 * ```ts
 * import { trainable } from "@pushforward/core"
 *
 * trainable([2], 0.5).values // => [0.5, 0.5]
 * ```
 *
 * @category constructors
 */
export const trainable = (shape: Shape, values: ArrayLike<number> | number): Param =>
  leaf("trainable", shape, values)

/** A leaf that the optimiser leaves alone. `constraint` says which values it may take (real if omitted). */
export const state = (
  shape: Shape,
  values: ArrayLike<number> | number,
  constraint?: Constraint,
): Param => ({ ...leaf("state", shape, values), ...(constraint && { constraint }) })

const isParam = (node: Param | Params): node is Param =>
  (node as Param).values instanceof Float32Array

/** Every leaf with its path, depth first in the tree's own order. */
export const paramLeaves = (
  params: Params,
  path: ReadonlyArray<string> = [],
): ReadonlyArray<readonly [path: ReadonlyArray<string>, leaf: Param]> =>
  Object.entries(params).flatMap(([name, node]) =>
    isParam(node) ? [[[...path, name], node] as const] : paramLeaves(node, [...path, name]),
  )

/** Maps every leaf, keeping the tree. */
export const mapParams = <A>(
  params: Params,
  f: (leaf: Param, path: ReadonlyArray<string>) => A,
  path: ReadonlyArray<string> = [],
): Tree<A> =>
  Object.fromEntries(
    Object.entries(params).map(([name, node]) => [
      name,
      isParam(node) ? f(node, [...path, name]) : mapParams(node, f, [...path, name]),
    ]),
  )

/** The tree as tensors, for `build`. Call it in a tidy scope, or dispose of the tensors. */
export const toTensors = (params: Params): ParamTensors =>
  mapParams(params, ({ values, shape }) => tensor(values, [...shape], "float32"))

/** The number of values with this role. */
export const countParams = (params: Params, role: Param["role"]): number =>
  paramLeaves(params).reduce((n, [, p]) => n + (p.role === role ? p.values.length : 0), 0)

/** All values with this role in one vector, in the order of {@link paramLeaves}. */
export const flattenParams = (params: Params, role: Param["role"]): Float32Array => {
  const flat = new Float32Array(countParams(params, role))
  let at = 0
  for (const [, p] of paramLeaves(params)) {
    if (p.role !== role) continue
    flat.set(p.values, at)
    at += p.values.length
  }
  return flat
}

/**
 * The tree of `like` with the values of `flat` for this role; the inverse of {@link flattenParams}. Other leaves stay.
 */
export const unflattenParams = (like: Params, role: Param["role"], flat: Float32Array): Params => {
  const count = countParams(like, role)
  if (flat.length !== count) {
    throw new ShapeError(
      `parameters: expected ${count} ${role} values, got ${flat.length}. Use a vector made for this recipe.`,
    )
  }
  let at = 0
  return mapParams(like, (p) =>
    p.role === role ? { ...p, values: flat.slice(at, (at += p.values.length)) } : p,
  )
}

/**
 * Parameters far from initialisation: normal noise of size `scale` on every trainable leaf, every state leaf drawn
 * from its constraint. An identity initialisation hides errors, so tests use this.
 */
export const randomizeParams = (params: Params, key: RandomKey, scale = 0.5): Params =>
  mapParams(params, (p, path) => {
    const own = foldKey(key, path.join("/"))
    if (p.role === "state" && p.constraint) return { ...p, values: p.constraint.draw(own, p.shape) }
    const noise = normalValues(own, p.values.length)
    return { ...p, values: p.values.map((v, i) => v + scale * noise[i]!) }
  })
