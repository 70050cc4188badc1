/**
 * A recipe for a value with parameters: `init` makes them, `build` puts them to use. Building is cheap and is done
 * again at every step.
 */
import type { Tensor } from "@tensorflow/tfjs-core"
import { type Params, type ParamTensors, toTensors } from "./Params.ts"
import type { RandomKey } from "./random.ts"

/**
 * Where a recipe is built: what every nested layer sees, whether it uses it or not.
 *
 * @category models
 */
export interface Site {
  /** The conditioning variable, `[...batch, ...context]`. */
  readonly context?: Tensor
  /**
   * In `"train"`, layers with statistics use those of the batch and report updated state. In `"gather"`, which passes over
   * the training rows without training, layers with statistics of all of them take in the batch at hand and report; the
   * others are as in `"eval"`. Default `"eval"`.
   */
  readonly mode?: "train" | "gather" | "eval"
  /** In `"train"`: two numbers of this step, `[2]`, uniform on (0, 1), for layers that leave something to chance. */
  readonly noise?: Tensor
  /** The names of the parts that lead here: what depends on chance does not depend on it alike everywhere. */
  readonly path?: ReadonlyArray<string>
  /** Takes a state leaf's new value, with its path below this site. */
  readonly report?: (path: ReadonlyArray<string>, value: Tensor) => void
  /** Sees what each layer of a combinator gives, in the order of computation: for finding where a number went wrong. */
  readonly observe?: LayerObserver
}

/** Takes a layer's place below the site, its name, and what it gave. */
export type LayerObserver = (
  path: ReadonlyArray<string>,
  name: string,
  value: Tensor,
  logDet: Tensor,
) => void

/**
 * A recipe for an `A`.
 *
 * **Details**
 *
 * - `init(key)`: fresh parameters, on the host; the same key gives the same numbers
 * - `build(params, site)`: a pure function of tensors; may be differentiated and traced
 *
 * @category models
 */
export interface Parametric<out A> {
  readonly init: (key: RandomKey) => Params
  readonly build: (params: ParamTensors, site?: Site) => A
}

/** The site of a child: the same but for its path, with reports and observations filed under `name`. */
export const childSite = (site: Site | undefined, name: string): Site => {
  const { report, observe } = site ?? {}
  return {
    ...site,
    path: [...(site?.path ?? []), name],
    ...(report && { report: (path, value) => report([name, ...path], value) }),
    ...(observe && { observe: (path, ...given) => observe([name, ...path], ...given) }),
  }
}

/** The subtree of a child. Empty for a child without parameters. */
export const childParams = (params: ParamTensors, name: string): ParamTensors =>
  (params[name] as ParamTensors | undefined) ?? {}

/** Builds a recipe from host parameters. Call it in a tidy scope: the parameters become tensors. */
export const instantiate = <A>(recipe: Parametric<A>, params: Params, site?: Site): A =>
  recipe.build(toTensors(params), site)
