/**
 * A mixture of two Gaussians. Exchanging its components changes nothing, so without an order the posterior has two modes,
 * mirror images of each other. Ordered means leave one of them, as in the reference.
 *
 * Without the order, the evidence lower bound prefers to miss a mode to covering the desert between the two: the guide is
 * expected to find one of them, and its k̂ cannot tell that there is another. The second half of this script shows it.
 *
 *   node --conditions=@pushforward/source examples/posteriors/mixture.ts
 */
import { constraints } from "@pushforward/core"
import { normal } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import { fitVariational } from "pushforward"
import content from "./data/mixture.json" with { type: "json" }
import { halfNormal } from "./densities.ts"
import { elements, example } from "./Example.ts"
import { report } from "./report.ts"

const { y } = content.data

/** Two means `[samples, 2]`, their scales, and the first one's share. */
const logDensity = (mu: tf.Tensor, sigma: tf.Tensor, theta: tf.Tensor): tf.Tensor => {
  const shares = [tf.log(theta), tf.log1p(tf.neg(theta))] as const
  const [first, second] = [0, 1].map((k) => {
    const column = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0, k], [-1, 1])
    const component = normal({ loc: column(mu), scale: column(sigma) })
    return tf.add(component.logProb(tf.tensor1d(y)), tf.expandDims(shares[k]!, 1))
  }) as [tf.Tensor, tf.Tensor]
  // log(eᵃ + eᵇ) = max(a, b) + log(1 + e^−|a − b|): exact also where one is far below the other.
  const smaller = tf.softplus(tf.neg(tf.abs(tf.sub(first, second))))
  const likelihood = tf.sum(tf.add(tf.maximum(first, second), smaller), 1)
  const beta55 = tf.add(tf.mul(4, tf.add(shares[0], shares[1])), Math.log(630))
  return tf.addN([
    likelihood,
    tf.sum(normal({ scale: 2 }).logProb(mu), 1),
    tf.sum(halfNormal(sigma, 2), 1),
    beta55,
  ])
}

const both = { constraint: constraints.positive, shape: [2] } as const

export const mixture = example({
  name: "mixture",
  posterior: {
    parameters: {
      low: constraints.real,
      gap: constraints.positive,
      sigma: both,
      theta: constraints.unitInterval,
    },
    logDensity: ({ low, gap, sigma, theta }) =>
      logDensity(tf.stack([low, tf.add(low, gap)], 1), sigma, theta),
  },
  quantities: ({ low, gap, sigma, theta }) => ({
    "mu[1]": low.values,
    "mu[2]": low.values.map((m, i) => m + gap.values[i]!),
    ...elements("sigma", sigma),
    theta: theta.values,
  }),
  reference: content.reference,
})

/** The same posterior without the order. */
export const unordered = example({
  name: "mixture, unordered",
  posterior: {
    parameters: {
      mu: { constraint: constraints.real, shape: [2] },
      sigma: both,
      theta: constraints.unitInterval,
    },
    logDensity: ({ mu, sigma, theta }) => logDensity(mu, sigma, theta),
  },
  quantities: ({ mu, sigma, theta }) => ({
    ...elements("mu", mu),
    ...elements("sigma", sigma),
    theta: theta.values,
  }),
  reference: content.reference,
})

if (import.meta.main) {
  await report(mixture)
  console.log("\nwithout the order: in which mode the guide ends, by seed")
  for (const seed of [1, 2, 3, 4]) {
    const fitted = await fitVariational(unordered.posterior, { seed, steps: 500 })
    const { values } = await fitted.sample(10_000)
    const ascending = Array.from(
      { length: 10_000 },
      (_, i) => values.mu.values[2 * i]! < values.mu.values[2 * i + 1]!,
    ).filter(Boolean).length
    console.log(
      `seed ${seed}: ${ascending} of 10,000 draws with mu[1] < mu[2], k-hat ${fitted.record.kHat.toFixed(2)}`,
    )
  }
}
