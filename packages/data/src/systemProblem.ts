import type { PlatformError } from "effect"

/**
 * What the system says of a file that it does not read or write: `ENOSPC: no space left on device`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const systemProblem = ({ reason }: PlatformError.PlatformError): string => {
  const { cause } = reason
  return (cause instanceof Error ? cause.message : reason.message).split(/, |\n/)[0]!
}
