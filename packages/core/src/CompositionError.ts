/**
 * Thrown when bijectors are composed that do not belong together; the message names them and the mend.
 *
 * @category errors
 */
export class CompositionError extends Error {
  readonly _tag = "CompositionError"
  override readonly name = "CompositionError"
}
