/**
 * What is timed: flows of known papers and posts, at the sizes people meet.
 */
import { type Program, programs } from "./Engine.ts"

/** One flow and one batch size. All have tanh networks, batch normalisation and reversals between layers. */
export interface Configuration {
  readonly name: string
  /** Dimensions. */
  readonly size: number
  readonly layers: number
  readonly hidden: ReadonlyArray<number>
  readonly batchNorm: boolean
  readonly batch: number
  /** Training steps in one measurement. */
  readonly steps: number
  /** The programs that are timed. */
  readonly programs: ReadonlyArray<Program>
  /** Rows that are scored, and draws that are made, in one measurement. */
  readonly rows: number
  /** Where a round takes minutes: fewer rounds than are asked for. */
  readonly mostRounds?: number
}

export const configurations: ReadonlyArray<Configuration> = [
  {
    name: "TOY",
    size: 2,
    layers: 5,
    hidden: [64, 64],
    batchNorm: false,
    batch: 256,
    steps: 60,
    programs,
    rows: 10_000,
  },
  {
    name: "GAS-100",
    size: 8,
    layers: 10,
    hidden: [100, 100],
    batchNorm: true,
    batch: 100,
    steps: 60,
    programs,
    rows: 10_000,
  },
  {
    name: "GAS-1000",
    size: 8,
    layers: 10,
    hidden: [100, 100],
    batchNorm: true,
    batch: 1000,
    steps: 20,
    // The others do not depend on the batch.
    programs: ["train"],
    rows: 10_000,
  },
  {
    name: "TALL",
    size: 63,
    layers: 5,
    hidden: [512, 512],
    batchNorm: true,
    batch: 100,
    steps: 40,
    programs,
    rows: 1000,
  },
  {
    name: "AUDIO",
    size: 257,
    layers: 10,
    hidden: [512, 512],
    batchNorm: true,
    batch: 100,
    steps: 20,
    // The 257 passes of its sampling take minutes.
    programs: ["train", "logProb"],
    rows: 1000,
  },
]
