/**
 * Ways to break any distribution by wrapping its methods.
 */
import type { RandomKey, Shape } from "@pushforward/core"
import {
  type Distribution,
  type DistributionLayer,
  isParametricDistribution,
} from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import { control } from "./layerMutants.ts"

/** A way to break a distribution. */
export interface DistributionMutant {
  readonly name: string
  /** The method it breaks, where not every distribution has it. */
  readonly needs?: "mean" | "variance" | "entropy" | "cdf" | "quantile"
  /** Only where there is an outside. */
  readonly bounded?: boolean
  readonly make: (layer: DistributionLayer) => DistributionLayer
}

const ofMethods =
  (change: (d: Distribution) => Partial<Distribution>) =>
  (layer: DistributionLayer): DistributionLayer =>
    isParametricDistribution(layer)
      ? {
          ...layer,
          build: (params, site) => {
            const built = layer.build(params, site)
            return { ...built, ...change(built) }
          },
        }
      : { ...layer, ...change(layer) }

/** Draws that go through `move`, the score being that of the draw. */
const moved = (move: (x: tf.Tensor) => tf.Tensor) =>
  ofMethods((d) => ({
    sampleFrom: (noise) => move(d.sampleFrom(noise)),
    sample: (key, shape) => move(d.sample(key, shape)),
    sampleAndLogProb: (key: RandomKey, shape?: Shape) => {
      const x = move(d.sample(key, shape))
      return [x, d.logProb(x)]
    },
  }))

export const distributionMutants: ReadonlyArray<DistributionMutant> = [
  { name: control, make: ofMethods(() => ({})) },
  {
    name: "log density off by 0.05",
    make: ofMethods((d) => ({
      logProb: (x) => tf.add(d.logProb(x), 0.05),
      sampleAndLogProb: (key, shape) => {
        const [x, score] = d.sampleAndLogProb(key, shape)
        return [x, tf.add(score, 0.05)]
      },
    })),
  },
  {
    name: "log density of another scale",
    make: ofMethods((d) => ({ logProb: (x) => tf.mul(d.logProb(x), 1.1) })),
  },
  { name: "draws 20 % too wide", make: moved((x) => tf.mul(x, 1.2)) },
  { name: "draws too far right", make: moved((x) => tf.add(x, 0.2)) },
  {
    name: "score of a draw without the log-det",
    make: ofMethods((d) => ({
      sampleAndLogProb: (key, shape) => {
        const [x, score] = d.sampleAndLogProb(key, shape)
        return [x, tf.sub(score, 0.5)]
      },
    })),
  },
  {
    name: "draws ignore the key",
    make: ofMethods((d) => ({
      sample: (_, shape) => d.sample({ hi: 1, lo: 2 }, shape),
      sampleAndLogProb: (_, shape) => d.sampleAndLogProb({ hi: 1, lo: 2 }, shape),
      noise: (_, shape) => d.noise({ hi: 1, lo: 2 }, shape),
    })),
  },
  {
    name: "NaN outside the support",
    bounded: true,
    make: ofMethods((d) => ({
      logProb: (x) => {
        const score = d.logProb(x)
        return tf.where(tf.equal(score, -Infinity), tf.fill(score.shape, Number.NaN), score)
      },
    })),
  },
  {
    name: "mean off",
    needs: "mean",
    make: ofMethods((d) => ({ mean: () => tf.add(d.mean!(), 0.3) })),
  },
  {
    name: "standard deviation for the variance",
    needs: "variance",
    make: ofMethods((d) => ({ variance: () => tf.mul(1.3, d.variance!()) })),
  },
  {
    name: "entropy off",
    needs: "entropy",
    make: ofMethods((d) => ({ entropy: () => tf.add(d.entropy!(), 0.2) })),
  },
  {
    name: "cdf from the other side",
    needs: "cdf",
    make: ofMethods((d) => ({ cdf: (x) => tf.sub(1, d.cdf!(x)) })),
  },
  {
    name: "cdf squared",
    needs: "cdf",
    make: ofMethods((d) => ({ cdf: (x) => tf.square(d.cdf!(x)) })),
  },
  {
    name: "quantile off",
    needs: "quantile",
    make: ofMethods((d) => ({ quantile: (p) => tf.add(d.quantile!(p), 0.01) })),
  },
  {
    name: "a tensor kept",
    make: ofMethods((d) => ({
      logProb: (x) => {
        tf.keep(tf.scalar(1))
        return d.logProb(x)
      },
    })),
  },
  {
    name: "a score for every element",
    make: ofMethods((d) => ({ logProb: (x) => tf.expandDims(d.logProb(x), -1) })),
  },
]
