/**
 * Where in the caller's own code something happened, for error messages.
 */

// The folder of this file: the tracer's own frames are not what the reader looks for.
const ownFolder = new URL(".", import.meta.url).pathname

const isForeign = (line: string): boolean =>
  line.includes(ownFolder) || /@tensorflow[/+_]|node:internal/.test(line)

/** The first line of a stack outside TensorFlow.js and the tracer; `undefined` if there is none. */
export const callSiteOf = (stack: string | undefined): string | undefined =>
  stack
    ?.split("\n")
    .find((line) => /:\d+:\d+/.test(line) && !isForeign(line))
    ?.trim()
    .replace(/^at /, "")

/** Where the code that runs now was called from. */
export const callSite = (): string | undefined => {
  const limit = Error.stackTraceLimit
  // Gradients call kernels from deep inside TensorFlow.js.
  Error.stackTraceLimit = 100
  const { stack } = new Error()
  Error.stackTraceLimit = limit
  return callSiteOf(stack)
}

/** ` at <site>` for a message, or nothing. */
export const showSite = (site: string | undefined): string =>
  site === undefined ? "" : `, at ${site},`
