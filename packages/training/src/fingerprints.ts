/**
 * Short texts by which a checkpoint knows what it belongs to.
 */
import { paramLeaves, type Params } from "@pushforward/core"
import { crc32OfText } from "./crc32.ts"
import type { Optimiser } from "./Optimiser.ts"
import type { Schedule } from "./schedule.ts"

/** The leaves of parameters, their shapes and their roles. */
export const layoutFingerprint = (params: Params): string =>
  crc32OfText(
    paramLeaves(params)
      .map(([path, { role, shape }]) => `${path.join("/")} ${role} ${shape.join("x")}`)
      .join("\n"),
  ).toString(16)

/** An optimiser by its name and its rates at some steps. */
export const optimiserFingerprint = ({ name, rates }: Optimiser): string =>
  `${name} ${[1, 100, 10_000].map((step) => rates(step, 1).join(" ")).join(", ")}`

/** A schedule by its learning rates at some of so many steps. */
export const scheduleFingerprint = (schedule: Schedule, steps: number): string =>
  [0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 1]
    .map((share) => schedule(Math.floor(share * (steps - 1)), steps))
    .join(" ")
