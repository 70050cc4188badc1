import { arch, cpus, loadavg, release, totalmem, type } from "node:os"

/** What numbers were measured on, for whoever reads them later. */
export const machine = () => ({
  processor: cpus()[0]!.model,
  architecture: arch(),
  cores: cpus().length,
  memory: totalmem(),
  system: `${type()} ${release()}`,
  node: process.version,
  /** Of the last minute, at the start: above 0, something else was running. */
  load: loadavg()[0]!,
})
