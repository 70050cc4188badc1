import {
  type Bijector,
  type BijectorMethods,
  type BijectorSignature,
  isParametric,
  type Layer,
  makeBijector,
} from "../Bijector.ts"
import { CompositionError } from "../CompositionError.ts"
import { childParams, childSite } from "../Parametric.ts"
import { foldKey } from "../random.ts"
import { observed } from "./observed.ts"
import { sameShape, type Shape, showShape } from "../Shape.ts"

const sharedContext = (name: string, layers: ReadonlyArray<Layer>): Shape | undefined =>
  layers.reduce<Shape | undefined>((shape, layer) => {
    if (shape && layer.contextShape && !sameShape(shape, layer.contextShape)) {
      throw new CompositionError(
        `${name}: expected one context shape, got ${showShape(shape)} and, in ${layer.name}, ` +
          `${showShape(layer.contextShape)}. Give every layer the same context.`,
      )
    }
    return shape ?? layer.contextShape
  }, undefined)

/**
 * A combinator's result: a bijector if every layer is one, else a recipe whose parameters are the layers', filed under
 * their positions, and whose site reaches every layer. It is as exact as the least exact layer.
 */
export const assemble = (
  of: BijectorSignature,
  layers: ReadonlyArray<Layer>,
  methods: (bijectors: ReadonlyArray<Bijector>) => BijectorMethods,
): Layer => {
  const contextShape = sharedContext(of.name, layers)
  const tolerance = Math.max(0, ...layers.map((layer) => layer.tolerance ?? 0))
  const whole = {
    ...of,
    ...(contextShape && { contextShape }),
    ...(tolerance > 0 && { tolerance }),
  }
  const finished = layers.filter((layer): layer is Bijector => !isParametric(layer))
  if (finished.length === layers.length) return makeBijector(whole, methods(finished))
  return {
    ...whole,
    init: (key) =>
      Object.fromEntries(
        layers.flatMap((layer, i) =>
          isParametric(layer) ? [[String(i), layer.init(foldKey(key, i))]] : [],
        ),
      ),
    build: (params, site) =>
      makeBijector(
        whole,
        methods(
          layers.map((layer, i) =>
            observed(
              isParametric(layer)
                ? layer.build(childParams(params, String(i)), childSite(site, String(i)))
                : layer,
              String(i),
              site?.observe,
            ),
          ),
        ),
      ),
  }
}
