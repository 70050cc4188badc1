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
  /** Whether the bits are read as letters, three for each: see `lettersOf`. */
  readonly letters?: boolean
  /** Nats per test row: Germain et al., "MADE", arXiv:1502.03509, §6. */
  readonly paper: number
  readonly network: Omit<MadeDensityOptions, "size">
  readonly fit: FitOptions
}

const small = "made_binary/made_binary_packed.npz"

/** Sixteen orders and masks, each drawn at random. */
const drawn = { order: "random", connectivity: "random", masks: 16 } as const

/** Adam with a decay of the weights; the rate falls to nothing over the epochs. */
const adamFor = (
  epochs: number,
  choices: Readonly<Record<"patience" | "rate" | "decay", number>>,
): FitOptions => ({
  batchSize: 100,
  epochs,
  patience: choices.patience,
  schedule: cosine(choices.rate),
  optimiser: adamW({ weightDecay: choices.decay }),
})

export const recipes: ReadonlyArray<Recipe> = [
  {
    name: "dna",
    file: small,
    set: "dna",
    letters: true,
    paper: -79.66,
    network: { hidden: [500], activation: "relu", ...drawn, dropout: 0.5 },
    fit: adamFor(60, { patience: 20, rate: 1e-3, decay: 0.1 }),
  },
  {
    name: "mushrooms",
    file: small,
    set: "mushrooms",
    paper: -9.68,
    network: { hidden: [500], activation: "relu", dropout: 0.5, direct: true },
    fit: adamFor(150, { patience: 20, rate: 5e-3, decay: 0.03 }),
  },
  {
    name: "nips-0-12",
    file: small,
    set: "nips",
    paper: -277.28,
    network: { hidden: [500], activation: "relu", ...drawn, dropout: 0.7 },
    fit: adamFor(200, { patience: 30, rate: 2e-3, decay: 0.1 }),
  },
  {
    name: "mnist",
    file: "binarized_mnist/binarized_mnist_packed.npz",
    paper: -88.4,
    network: { hidden: [1000], activation: "relu", direct: true },
    fit: adamFor(30, { patience: 10, rate: 2e-3, decay: 0.1 }),
  },
]
