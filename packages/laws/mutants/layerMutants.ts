/**
 * Ways to break any bijector by wrapping its methods.
 */
import {
  type Bijector,
  constraints,
  foldKey,
  isParametric,
  type Layer,
  makeKey,
  mapParams,
  type ParamTensors,
  type Site,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"

type Methods = Pick<Bijector, "forwardAndLogDet" | "inverseAndLogDet" | "forward" | "inverse">

/** A way to break a layer; `undefined` where it cannot be done. */
export interface LayerMutant {
  readonly name: string
  readonly make: (layer: Layer) => Layer | undefined
}

/** Replaces methods of a finished bijector; `forward` and `inverse` follow the paired ones unless given. */
const rewire = (bijector: Bijector, change: (b: Bijector) => Partial<Methods>): Bijector => {
  const methods = change(bijector)
  const forwardAndLogDet = methods.forwardAndLogDet ?? bijector.forwardAndLogDet
  const inverseAndLogDet = methods.inverseAndLogDet ?? bijector.inverseAndLogDet
  return {
    ...bijector,
    forward: methods.forwardAndLogDet ? (x) => forwardAndLogDet(x)[0] : bijector.forward,
    inverse: methods.inverseAndLogDet ? (y) => inverseAndLogDet(y)[0] : bijector.inverse,
    ...methods,
  }
}

/** A mutant of the methods, for finished bijectors and recipes alike. */
const ofMethods =
  (change: (b: Bijector) => Partial<Methods>, signature: Partial<Layer> = {}) =>
  (layer: Layer): Layer =>
    isParametric(layer)
      ? {
          ...layer,
          ...signature,
          build: (params, site) => ({ ...rewire(layer.build(params, site), change), ...signature }),
        }
      : { ...rewire(layer, change), ...signature }

const logDets = (
  forward: (logDet: tf.Tensor, x: tf.Tensor, b: Bijector) => tf.Tensor,
  inverse: (logDet: tf.Tensor, y: tf.Tensor, b: Bijector) => tf.Tensor,
) =>
  ofMethods((b) => ({
    forwardAndLogDet: (x) => {
      const [y, logDet] = b.forwardAndLogDet(x)
      return [y, forward(logDet, x, b)]
    },
    inverseAndLogDet: (y) => {
      const [x, logDet] = b.inverseAndLogDet(y)
      return [x, inverse(logDet, y, b)]
    },
  }))

const same = (logDet: tf.Tensor): tf.Tensor => logDet

const eventSize = (b: Bijector, x: tf.Tensor): number =>
  x.shape.slice(x.rank - b.eventRankIn).reduce((n, k) => n * k, 1)

/** The same numbers, of which no gradient knows. */
const detached = (t: tf.Tensor): tf.Tensor =>
  tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(t)

let calls = 0

/** The name of the mutants that break nothing. */
export const control = "control: wrapped, but not broken"

export const layerMutants: ReadonlyArray<LayerMutant> = [
  { name: control, make: ofMethods(() => ({})) },
  { name: "forward log-det with the wrong sign", make: logDets(tf.neg, same) },
  { name: "inverse log-det with the wrong sign", make: logDets(same, tf.neg) },
  { name: "both log-dets with the wrong sign", make: logDets(tf.neg, tf.neg) },
  { name: "both log-dets zero", make: logDets(tf.zerosLike, tf.zerosLike) },
  {
    name: "both log-dets halved",
    make: logDets(
      (l) => tf.mul(l, 0.5),
      (l) => tf.mul(l, 0.5),
    ),
  },
  {
    name: "log-det averaged over the event, not summed",
    make: (layer) =>
      layer.eventRankIn === 0
        ? undefined
        : logDets(
            (l, x, b) => tf.div(l, eventSize(b, x)),
            (l, y, b) => tf.div(l, eventSize(b, b.inverse(y))),
          )(layer),
  },
  {
    name: "log-det off by 0.01",
    make: logDets(
      (l) => tf.add(l, 0.01),
      (l) => tf.sub(l, 0.01),
    ),
  },
  {
    name: "log-det off by 1e-8",
    make: logDets(
      (l) => tf.add(l, 1e-8),
      (l) => tf.sub(l, 1e-8),
    ),
  },
  {
    name: "forward log-det evaluated at the output",
    make: (layer) =>
      layer.eventRankIn === layer.eventRankOut
        ? logDets((_, x, b) => b.forwardAndLogDet(b.forward(x))[1], same)(layer)
        : undefined,
  },
  {
    name: "forward and inverse swapped",
    make: (layer) =>
      layer.eventRankIn === layer.eventRankOut
        ? ofMethods((b) => ({
            forwardAndLogDet: b.inverseAndLogDet,
            inverseAndLogDet: b.forwardAndLogDet,
          }))(layer)
        : undefined,
  },
  {
    name: "inverse does what forward does",
    make: (layer) =>
      layer.eventRankIn === layer.eventRankOut
        ? ofMethods((b) => ({ inverseAndLogDet: b.forwardAndLogDet }))(layer)
        : undefined,
  },
  {
    name: "inverse off by 0.001",
    make: ofMethods((b) => ({
      inverseAndLogDet: (y) => {
        const [x, logDet] = b.inverseAndLogDet(y)
        return [tf.add(x, 1e-3), logDet]
      },
    })),
  },
  {
    name: "inverse off by 1e-8",
    make: ofMethods((b) => ({
      inverseAndLogDet: (y) => {
        const [x, logDet] = b.inverseAndLogDet(y)
        return [tf.add(x, 1e-8), logDet]
      },
    })),
  },
  {
    name: "forward alone differs from the paired method",
    make: ofMethods((b) => ({ forward: (x) => tf.mul(b.forward(x), 1.001) })),
  },
  {
    name: "codomain narrower than the range",
    make: (layer) =>
      layer.codomain.elementwise
        ? ofMethods(() => ({}), {
            codomain: constraints.interval(5, 6),
          })(layer)
        : undefined,
  },
  {
    name: "codomain wider than the range",
    make: (layer) =>
      layer.codomain.name === "real"
        ? undefined
        : ofMethods(() => ({}), { codomain: constraints.real })(layer),
  },
  {
    name: "context ignored",
    make: (layer) =>
      layer.contextShape && isParametric(layer)
        ? {
            ...layer,
            build: (params, site) =>
              layer.build(params, { ...site, context: tf.zerosLike(site!.context!) }),
          }
        : undefined,
  },
  {
    name: "an undeclared context used",
    make: (layer) =>
      layer.contextShape === undefined &&
      isParametric(layer) &&
      layer.eventRankIn === layer.eventRankOut
        ? {
            ...layer,
            build: (params, site) => {
              const moved = site?.context ? tf.mean(site.context) : tf.scalar(0)
              return rewire(layer.build(params, site), (b) => ({
                forwardAndLogDet: (x) => b.forwardAndLogDet(tf.add(x, moved)),
                inverseAndLogDet: (y) => {
                  const [x, logDet] = b.inverseAndLogDet(y)
                  return [tf.sub(x, moved), logDet]
                },
              }))
            },
          }
        : undefined,
  },
  {
    name: "rows leak into each other's log-det",
    make: logDets(
      (l, _, b) =>
        l.rank > 0 && b.name !== "" ? tf.add(l, tf.mul(0.1, tf.sub(l, tf.mean(l)))) : l,
      same,
    ),
  },
  {
    name: "rows leak into each other's value",
    make: ofMethods((b) => ({
      forwardAndLogDet: (x) => {
        const [y, logDet] = b.forwardAndLogDet(x)
        const batch = y.rank - b.eventRankOut
        return [batch === 0 ? y : tf.add(y, tf.mul(1e-3, tf.mean(y, 0, true))), logDet]
      },
    })),
  },
  {
    name: "declared increasing, but turned round",
    make: (layer) =>
      layer.increasing && layer.codomain.name === "real"
        ? ofMethods((b) => ({
            forwardAndLogDet: (x) => {
              const [y, logDet] = b.forwardAndLogDet(x)
              return [tf.neg(y), logDet]
            },
            inverseAndLogDet: (y) => b.inverseAndLogDet(tf.neg(y)),
          }))(layer)
        : undefined,
  },
  {
    name: "declared order turned round",
    make: (layer) =>
      layer.jacobian?.kind === "triangular"
        ? ofMethods(() => ({}), {
            jacobian: { kind: "triangular", order: layer.jacobian.order.map((n) => -n) },
          })(layer)
        : undefined,
  },
  {
    name: "declared diagonal, but elements mix",
    make: (layer) =>
      layer.eventRankIn > 0 &&
      layer.eventRankIn === layer.eventRankOut &&
      layer.jacobian?.kind === "diagonal"
        ? ofMethods((b) => ({
            forwardAndLogDet: (x) => {
              const [y, logDet] = b.forwardAndLogDet(x)
              return [tf.add(y, tf.mul(1e-6, tf.sum(y, -1, true))), logDet]
            },
          }))(layer)
        : undefined,
  },
  {
    name: "declared to rearrange",
    make: (layer) =>
      layer.rearranges || layer.eventRankIn !== layer.eventRankOut
        ? undefined
        : ofMethods(() => ({}), { rearranges: true })(layer),
  },
  {
    name: "a tensor kept",
    make: ofMethods((b) => ({
      inverseAndLogDet: (y) => {
        tf.keep(tf.clone(y))
        return b.inverseAndLogDet(y)
      },
    })),
  },
  {
    name: "an input disposed",
    make: ofMethods((b) => ({
      forwardAndLogDet: (x) => {
        const [y, logDet] = b.forwardAndLogDet(x)
        const own = [tf.clone(y), tf.clone(logDet)] as const
        x.dispose()
        return own
      },
    })),
  },
  {
    name: "another result at the second call",
    make: ofMethods((b) => ({
      forwardAndLogDet: (x) => {
        const [y, logDet] = b.forwardAndLogDet(x)
        calls += 1
        return [tf.mul(y, 1 + 1e-6 * (calls % 7)), logDet]
      },
    })),
  },
  {
    name: "NaN far out",
    make: (layer) =>
      layer.domain.name === "real"
        ? ofMethods((b) => ({
            forwardAndLogDet: (x) => {
              const [y, logDet] = b.forwardAndLogDet(x)
              const far = tf.greater(tf.max(tf.abs(x)), 5000)
              return [tf.where(far, tf.fill(y.shape, Number.NaN), y), logDet]
            },
          }))(layer)
        : undefined,
  },
  {
    name: "log-det with an axis too many",
    make: logDets((l) => tf.expandDims(l, -1), same),
  },
  {
    name: "log-det cut off from the input's gradient",
    make: logDets((_, x, b) => detached(b.forwardAndLogDet(detached(x))[1]), same),
  },
  {
    name: "parameters cut off from their gradient",
    make: (layer) =>
      isParametric(layer)
        ? {
            ...layer,
            build: (params: ParamTensors, site?: Site) => {
              const cut = (tree: ParamTensors): ParamTensors =>
                Object.fromEntries(
                  Object.entries(tree).map(([name, node]) => [
                    name,
                    node instanceof tf.Tensor ? detached(node) : cut(node),
                  ]),
                )
              return layer.build(cut(params), site)
            },
          }
        : undefined,
  },
  {
    name: "initial parameters change from call to call",
    make: (layer) =>
      isParametric(layer)
        ? {
            ...layer,
            init: (key) => {
              calls += 1
              return mapParams(layer.init(key), (leaf) => ({
                ...leaf,
                values: leaf.values.map((v) => v + calls),
              })) as ReturnType<typeof layer.init>
            },
          }
        : undefined,
  },
  {
    name: "initial parameters ignore the key",
    make: (layer) =>
      isParametric(layer)
        ? { ...layer, init: () => layer.init(foldKey(makeKey(5), "fixed")) }
        : undefined,
  },
  {
    name: "state reported under a wrong name",
    make: (layer) =>
      isParametric(layer)
        ? {
            ...layer,
            build: (params, site) => {
              site?.report?.(["no", "such", "leaf"], tf.scalar(0))
              return layer.build(params, site)
            },
          }
        : undefined,
  },
]
