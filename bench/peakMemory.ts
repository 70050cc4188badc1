import { readFileSync } from "node:fs"

/** The most memory this process held at once, in bytes. Linux' `maxRSS` is the parent's where that held more. */
export const peakMemory = (): number =>
  process.platform === "linux"
    ? 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1])
    : 1024 * process.resourceUsage().maxRSS
