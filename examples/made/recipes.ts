/**
 * How each data set is trained. Chosen by the likelihood of the validation rows, never by that of the test rows.
 */
import type { MadeDensityOptions } from "@pushforward/made"
import { adamW, cosine, type FitOptions } from "@pushforward/training"

/** What is trained on a data set, and what the paper got. */
export interface Recipe {
  readonly name: string
  /** The file, below the folder of the data, and what the data set is called in it if it is not alone there. */
  readonly file: string
  readonly set?: string
  /** Nats per test row: Germain et al., "MADE", arXiv:1502.03509, tables 4 and 6. */
  readonly paper: number
  readonly network: Omit<MadeDensityOptions, "size">
  readonly fit: FitOptions
}

const small = "made_binary/made_binary_packed.npz"

export const recipes: ReadonlyArray<Recipe> = [
  {
    name: "dna",
    file: small,
    set: "dna",
    paper: -79.66,
    network: {
      hidden: [500],
      activation: "relu",
      order: "random",
      connectivity: "random",
      masks: 32,
      dropout: 0.5,
    },
    fit: {
      batchSize: 100,
      epochs: 300,
      patience: 50,
      schedule: cosine(1e-3),
      optimiser: adamW({ weightDecay: 1 }),
    },
  },
  {
    name: "mnist",
    file: "binarized_mnist/binarized_mnist_packed.npz",
    paper: -88.4,
    network: { hidden: [1000], activation: "relu", direct: true },
    fit: {
      batchSize: 100,
      epochs: 30,
      patience: 10,
      schedule: cosine(2e-3),
      optimiser: adamW({ weightDecay: 0.1 }),
    },
  },
]
