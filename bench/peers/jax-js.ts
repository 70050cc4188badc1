/**
 * jax-js on WebAssembly, written the usual way: parameters in a tree, the training step one `jit` of `valueAndGrad`,
 * clipping and Adam. An engine by the protocol of `serve.ts`.
 *
 * jax-js frees an array once a function has taken it; `.ref` keeps it for one more use.
 */
import { blockUntilReady, init, jit, numpy as np, random, tree, valueAndGrad } from "@jax-js/jax"
import type { Timing } from "../Engine.ts"
import { secondsOf } from "../Seconds.ts"
import { serve, served } from "../serve.ts"
import { madeMasks } from "./masks.ts"

const { size, layers, hidden, batchNorm, batch, steps, rows, backend } = served()
await init(backend as "wasm")

type Net = Array<{ weight: np.Array; bias: np.Array }>
type Params = { nets: Array<Net>; norms: Array<{ beta: np.Array; gamma: np.Array }> }
type Statistics = Array<{ mean: np.Array; variance: np.Array }>

const masks = madeMasks(size, hidden).map((mask) => np.array(mask as Array<Array<number>>))

const initial = (): { params: Params; statistics: Statistics } => {
  let seed = 0
  const uniform = (shape: Array<number>, inputs: number): np.Array =>
    random.uniform(random.key(seed++), shape, {
      minval: -1 / Math.sqrt(inputs),
      maxval: 1 / Math.sqrt(inputs),
    })
  const net = (): Net =>
    masks.map(({ shape: [inputs, outputs] }) => ({
      weight: uniform([inputs!, outputs!], inputs!),
      bias: uniform([outputs!], inputs!),
    }))
  const each = <A>(count: number, make: () => A): Array<A> => Array.from({ length: count }, make)
  const norms = batchNorm ? layers : 0
  return {
    params: {
      nets: each(layers, net),
      norms: each(norms, () => ({ beta: np.zeros([size]), gamma: np.zeros([size]) })),
    },
    statistics: each(norms, () => ({ mean: np.zeros([size]), variance: np.ones([size]) })),
  }
}

/** Shift and log-scale of each dimension, given those before it. */
const made = (net: Net, y: np.Array): readonly [np.Array, np.Array] => {
  const out = net.reduce(
    (h, { weight, bias }, l) =>
      np.matmul(l === 0 ? h : np.tanh(h), weight.mul(masks[l]!.ref)).add(bias),
    y,
  )
  const [shift, raw] = np.split(out, 2, 1) as [np.Array, np.Array]
  return [shift, np.tanh(raw.div(3)).mul(3)]
}

/** The log density of each row, and the statistics after it. */
const logProb = (
  { nets, norms }: Params,
  statistics: Statistics,
  data: np.Array,
  training: boolean,
): [np.Array, Statistics] => {
  let y = data
  let logDet = np.zeros([data.shape[0]!])
  const next: Statistics = []
  for (let i = layers - 1; i >= 0; i--) {
    if (batchNorm) {
      const { beta, gamma } = norms[i]!
      const running = statistics[i]!
      const seen = training
        ? { mean: np.mean(y.ref, 0), variance: np.var_(y.ref, 0) }
        : tree.ref(running)
      next[i] = tree.map(
        (old: np.Array, now: np.Array) => old.mul(0.99).add(now.mul(0.01)),
        running,
        tree.ref(seen),
      )
      const logScale = gamma.sub(np.log(seen.variance.add(1e-5)).mul(0.5))
      y = y.sub(seen.mean).mul(np.exp(logScale.ref)).add(beta)
      logDet = logDet.add(np.sum(logScale))
    }
    const [shift, logScale] = made(nets[i]!, y.ref)
    y = y.sub(shift).mul(np.exp(logScale.ref.neg()))
    logDet = logDet.sub(np.sum(logScale, 1))
    if (i > 0) y = np.flip(y, 1)
  }
  const base = np
    .sum(np.square(y), 1)
    .mul(-0.5)
    .sub(0.5 * size * Math.log(2 * Math.PI))
  return [base.add(logDet), next]
}

const loss = (params: Params, statistics: Statistics, x: np.Array): [np.Array, Statistics] => {
  const [density, next] = logProb(params, statistics, x, true)
  return [np.mean(density).neg(), next]
}

/** Parameters, their running means and mean squares of gradients, the step, and the statistics. */
type State = {
  params: Params
  means: Params
  squares: Params
  step: np.Array
  statistics: Statistics
}

const trainingStep = jit((state: State, data: np.Array, chosen: np.Array): [np.Array, State] => {
  const x = np.take(data, chosen, 0)
  const [[value, statistics], all] = valueAndGrad(loss, { hasAux: true })(
    tree.ref(state.params),
    state.statistics,
    x,
  )
  const norm = np.sqrt(
    tree
      .leaves<np.Array>(tree.ref(all))
      .map((leaf) => np.sum(np.square(leaf)))
      .reduce((a, b) => a.add(b)),
  )
  const shrink = np.minimum(1, np.array(5).div(norm.add(1e-6)))
  const gradient: Params = tree.map((leaf: np.Array) => leaf.mul(shrink.ref), all)
  shrink.dispose()
  const step = state.step.add(1)
  const means = tree.map(
    (mean: np.Array, g: np.Array) => mean.mul(0.9).add(g.mul(0.1)),
    state.means,
    tree.ref(gradient),
  )
  const squares = tree.map(
    (mean: np.Array, g: np.Array) => mean.mul(0.999).add(np.square(g).mul(0.001)),
    state.squares,
    gradient,
  )
  const [unbias1, unbias2] = [0.9, 0.999].map((decay) => {
    const power = np.exp(step.ref.mul(Math.log(decay)))
    return np.subtract(1, power)
  }) as [np.Array, np.Array]
  const params = tree.map(
    (param: np.Array, mean: np.Array, square: np.Array) =>
      param.sub(
        mean
          .div(unbias1.ref)
          .div(np.sqrt(square.div(unbias2.ref)).add(1e-8))
          .mul(1e-3),
      ),
    state.params,
    tree.ref(means),
    tree.ref(squares),
  )
  tree.dispose([unbias1, unbias2])
  return [value, { params, means, squares, step, statistics }]
})

const { params, statistics } = initial()
const zeros = (): Params => tree.map((leaf: np.Array) => np.zerosLike(leaf), tree.ref(params))
let state: State = { params, means: zeros(), squares: zeros(), step: np.array(0), statistics }
const data = random.normal(random.key(1), [batch * steps, size])
const table = random.normal(random.key(2), [rows, size])
await blockUntilReady([state, data, table])

let epoch = 0
const train = async (): Promise<Timing> => {
  const key = random.key(3 + epoch++)
  let value = np.array(0)
  const taken = await secondsOf(async () => {
    const order = await random.permutation(key, batch * steps).data()
    for (let step = 0; step < steps; step++) {
      const chosen = Int32Array.from(order.subarray(step * batch, (step + 1) * batch))
      value.dispose()
      ;[value, state] = trainingStep(state, data.ref, np.array(chosen))
      await blockUntilReady(value)
    }
    await blockUntilReady(state)
  }, steps)
  return { ...taken, logLikelihood: -(await value.data())[0]! }
}

const score = jit((of: Params, seen: Statistics, x: np.Array): np.Array => {
  const [density, next] = logProb(of, seen, x, false)
  tree.dispose(next)
  return density
})

/** One pass of a layer's D: it makes one more dimension final. */
const pass = jit((net: Net, x: np.Array, y: np.Array): np.Array => {
  const [shift, logScale] = made(net, y)
  return x.mul(np.exp(logScale)).add(shift)
})

const unnormalise = jit(
  (norm: Params["norms"][number], seen: Statistics[number], x: np.Array): np.Array =>
    x
      .sub(norm.beta)
      .mul(np.exp(norm.gamma.neg()).mul(np.sqrt(seen.variance.add(1e-5))))
      .add(seen.mean),
)

const sample = (of: Params, seen: Statistics, z: np.Array): np.Array => {
  let x = z
  for (let i = 0; i < layers; i++) {
    if (i > 0) x = np.flip(x, 1)
    let y = np.zerosLike(x.ref)
    for (let turn = 0; turn < size; turn++) y = pass(tree.ref(of.nets[i]!), x.ref, y)
    x.dispose()
    x = batchNorm ? unnormalise(tree.ref(of.norms[i]!), tree.ref(seen[i]!), y) : y
  }
  tree.dispose([of, seen])
  return x
}

const timed =
  (program: (of: Params, seen: Statistics, rows: np.Array) => np.Array) => (): Promise<Timing> =>
    secondsOf(async () => {
      const result = program(tree.ref(state.params), tree.ref(state.statistics), table.ref)
      await result.blockUntilReady()
      result.dispose()
    })

await serve(["@jax-js/jax"], {
  train,
  logProb: timed(score),
  sample: timed(sample),
})
