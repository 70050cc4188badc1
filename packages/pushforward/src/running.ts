/** Work under way: `await` it for its result, or iterate it for its events first. */
export interface Running<Event, A> extends Promise<A>, AsyncIterable<Event> {}

/** Starts work that tells events; each iteration hears all of them, from the first. */
export const running = <Event, A>(
  start: (tell: (event: Event) => void) => Promise<A>,
): Running<Event, A> => {
  const told: Array<Event> = []
  let wake = Promise.withResolvers<void>()
  let over = false
  const stir = (): void => {
    wake.resolve()
    wake = Promise.withResolvers<void>()
  }
  const result = start((event) => {
    told.push(event)
    stir()
  }).finally(() => {
    over = true
    stir()
  })
  async function* events(): AsyncGenerator<Event> {
    let next = 0
    while (true) {
      while (next < told.length) yield told[next++]!
      if (over) return void (await result)
      await wake.promise
    }
  }
  return Object.assign(result, { [Symbol.asyncIterator]: events })
}
