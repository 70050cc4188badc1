/**
 * Engines in turn on one program, their medians, and the ratios to ours.
 */
import { setTimeout } from "node:timers/promises"
import type { Configuration } from "./configurations.ts"
import type { Engine, Program, Timing } from "./Engine.ts"
import { median } from "./median.ts"
import type { Seconds } from "./Seconds.ts"
import { type Started, startEngine } from "./startEngine.ts"

/** What an engine took. */
export interface Result {
  readonly engine: string
  readonly library: string
  readonly threads?: number
  readonly versions: Started["versions"]
  /** Per step for `train`. */
  readonly medianSeconds: number
  /** `medianSeconds` over that of the first engine: above 1, the first is faster. */
  readonly ratio: number
  readonly medianCpuSeconds: number
  readonly cpuRatio: number
  /** After the last `train`, in nats. */
  readonly logLikelihood?: number
}

/** One program of one configuration. */
export interface Comparison {
  readonly configuration: string
  readonly program: Program
  /** Rounds that the medians are of. */
  readonly rounds: number
  readonly results: ReadonlyArray<Result>
  /** The ratio to each library at its best number of threads. */
  readonly best: Readonly<Record<string, number>>
  /** The engines that were not asked, and why. */
  readonly skipped: Readonly<Record<string, string>>
}

/** Milliseconds between turns: threads of an engine that has had its turn still wait actively for a while. */
const rest = 500

/** Starts engines, times them in turn, round after round, and stops them. A round before the others warms up. */
const timeInTurn = async (
  engines: ReadonlyArray<Engine>,
  configuration: Configuration,
  program: Program,
  rounds: number,
): Promise<ReadonlyArray<Result>> => {
  const running: Array<Started> = []
  for (const engine of engines) running.push(await startEngine(engine, configuration))
  const timings: Array<ReadonlyArray<Timing>> = []
  for (let round = 0; round <= rounds; round++) {
    const turn: Array<Timing> = []
    for (const { time } of running) {
      await setTimeout(rest)
      turn.push(await time(program))
    }
    timings.push(turn)
  }
  for (const { stop } of running) await stop()
  const medians = (of: keyof Seconds): ReadonlyArray<number> =>
    engines.map((_, i) => median(timings.slice(1).map((turn) => turn[i]![of])))
  const [wall, cpu] = [medians("seconds"), medians("cpuSeconds")]
  return engines.map(({ name, library, settings }, i) => {
    const { logLikelihood } = timings.at(-1)![i]!
    return {
      engine: name,
      library,
      ...(settings.threads !== undefined && { threads: settings.threads }),
      versions: running[i]!.versions,
      medianSeconds: wall[i]!,
      ratio: wall[i]! / wall[0]!,
      medianCpuSeconds: cpu[i]!,
      cpuRatio: cpu[i]! / cpu[0]!,
      ...(logLikelihood !== undefined && { logLikelihood }),
    }
  })
}

/** Compares the engines that take part in this program. */
export const compare = async (
  engines: ReadonlyArray<Engine>,
  configuration: Configuration,
  program: Program,
  askedRounds: number,
): Promise<Comparison> => {
  const rounds = Math.min(askedRounds, configuration.mostRounds ?? askedRounds)
  const reasons = engines.map(({ skips }) => skips(configuration, program))
  const results = await timeInTurn(
    engines.filter((_, i) => reasons[i] === undefined),
    configuration,
    program,
    rounds,
  )
  const byLibrary = Map.groupBy(results, ({ library }) => library)
  return {
    configuration: configuration.name,
    program,
    rounds,
    results,
    best: Object.fromEntries(
      [...byLibrary].map(([library, of]) => [library, Math.min(...of.map(({ ratio }) => ratio))]),
    ),
    skipped: Object.fromEntries(
      engines.flatMap(({ name }, i) => (reasons[i] === undefined ? [] : [[name, reasons[i]]])),
    ),
  }
}
