/** What something took: by the clock on the wall, and of the processor, all threads together. */
export interface Seconds {
  readonly seconds: number
  /** Alike on a busy machine and on a quiet one, which `seconds` are not. */
  readonly cpuSeconds: number
}

/** Since the process began. */
export const now = (): Seconds => {
  const { user, system } = process.cpuUsage()
  return { seconds: performance.now() / 1000, cpuSeconds: (user + system) / 1e6 }
}

/** From `start` to `end`, shared by `count` repetitions. */
export const between = (start: Seconds, end: Seconds, count = 1): Seconds => ({
  seconds: (end.seconds - start.seconds) / count,
  cpuSeconds: (end.cpuSeconds - start.cpuSeconds) / count,
})

/** What one of `count` repetitions takes that `run` does. */
export const secondsOf = async (run: () => unknown, count = 1): Promise<Seconds> => {
  const start = now()
  await run()
  return between(start, now(), count)
}
