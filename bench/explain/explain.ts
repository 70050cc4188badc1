/**
 * Why ours takes as long as it does: compilation pass by pass, a training step operation by operation, and its floor.
 */
import type { Configuration } from "../configurations.ts"
import { own } from "../engines.ts"
import type { Seconds } from "../Seconds.ts"
import { startEngine } from "../startEngine.ts"
import type { FirstStep } from "./firstStep.ts"
import { inFreshProcess } from "./fresh.ts"
import type { Profile } from "./profiling.ts"
import type { Simplifying } from "./simplifying.ts"

/** All that is known of one configuration. */
export interface Explanation extends Profile {
  readonly configuration: string
  readonly graphs: ReadonlyArray<Simplifying>
  readonly firstStep: FirstStep
  /** Of a training step without the profiler, which slows it. */
  readonly step: Seconds
}

const stepOf = async (configuration: Configuration): Promise<Seconds> => {
  const { time, stop } = await startEngine(own, configuration)
  const { seconds, cpuSeconds } = await time("train")
  await stop()
  return { seconds, cpuSeconds }
}

export const explain = async (configuration: Configuration): Promise<Explanation> => ({
  configuration: configuration.name,
  graphs: await inFreshProcess<ReadonlyArray<Simplifying>>("simplifying.ts", configuration),
  firstStep: await inFreshProcess<FirstStep>("firstStep.ts", configuration),
  step: await stepOf(configuration),
  ...(await inFreshProcess<Profile>("profiling.ts", configuration)),
})
