/** What became of one mutant. */
export interface Verdict {
  readonly mutant: string
  readonly of: string
  readonly caught: ReadonlyArray<string>
  /** Why it need not be caught. */
  readonly equivalent?: string | undefined
  /** Nothing was broken: then nothing may be caught. */
  readonly control?: boolean
}
