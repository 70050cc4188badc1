/** Counts the workers that are started from now on: one for each thread beside the page's own. */
export const countWorkers = (): (() => number) => {
  const Original = globalThis.Worker
  let count = 0
  globalThis.Worker = class extends Original {
    constructor(...args: ConstructorParameters<typeof Original>) {
      super(...args)
      count += 1
    }
  }
  return () => count
}
