/**
 * The most memory that an engine holds while it trains on a million rows.
 */
import type { Configuration } from "./configurations.ts"
import type { Engine } from "./Engine.ts"
import { engines } from "./engines.ts"
import { startEngine } from "./startEngine.ts"

export interface Memory {
  readonly engine: string
  readonly bytes: number
}

/** The GAS flow with a million rows resident. */
export const millionRows: Configuration = {
  name: "GAS, 1,000,000 rows",
  size: 8,
  layers: 10,
  hidden: [100, 100],
  batchNorm: true,
  batch: 1000,
  steps: 1000,
  programs: ["train"],
  rows: 1,
}

/** Ours, and the one to stay below. */
export const measured = engines.filter(
  ({ library, settings }) =>
    library === "onnx" || (library === "pytorch" && settings.threads === 1),
)

/** Trains on a million rows in a fresh process and asks it. */
export const peakMemory = async (engine: Engine): Promise<Memory> => {
  const { time, peakMemory: peak, stop } = await startEngine(engine, millionRows)
  await time("train")
  const bytes = await peak()
  await stop()
  return { engine: engine.name, bytes }
}

export const printMemory = ({ engine, bytes }: Memory): void =>
  console.log(`${millionRows.name}, ${engine}: at most ${(bytes / 2 ** 20).toFixed(0)} MiB`)
