import {
  type Bijector,
  isParametric,
  makeKey,
  mapParams,
  paramLeaves,
  type Params,
  type ParamTensors,
  randomizeParams,
  type Site,
} from "@pushforward/core"
import type * as tf from "@tensorflow/tfjs-core"
import type { Host, Input, Judge } from "../judge/Judge.ts"
import type { BijectorCase } from "./BijectorCase.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"

/** What a program works with: a case's parameters and context as tensors. */
export interface OpenBijector {
  readonly subject: BijectorSubject
  /** In the order of `paramLeaves`. */
  readonly leaves: ReadonlyArray<tf.Tensor>
  readonly params: ParamTensors
  readonly context: tf.Tensor | undefined
  /** The bijector; `site` and `leaves` replace what the case says. */
  readonly build: (site?: Site, leaves?: ReadonlyArray<tf.Tensor>) => Bijector
}

/**
 * A computation of a law: a pure function of a case's bijector and of more tensors. Each is one constant of its module,
 * so that it closes over nothing of a single case, and one trace serves all.
 */
export type BijectorProgram = (
  open: OpenBijector,
  ...inputs: ReadonlyArray<tf.Tensor>
) => ReadonlyArray<tf.Tensor>

/** Random parameters, never those of initialisation: an identity hides errors. */
export const paramsOf = ({ layer }: BijectorSubject, { seed }: BijectorCase): Params =>
  isParametric(layer) ? randomizeParams(layer.init(makeKey(seed)), makeKey(seed)) : {}

/** The tree of `like` with these leaves. */
export const withLeaves = (like: Params, leaves: ReadonlyArray<tf.Tensor>): ParamTensors => {
  let at = 0
  return mapParams(like, () => leaves[at++]!)
}

/** A case's parameters, leaf by leaf. */
export const leavesOf = (params: Params): ReadonlyArray<Input> =>
  paramLeaves(params).map(([, { values, shape }]) => ({ values, shape }))

/** Numbers whose first axis is the batch. */
export const batched = ({ values, shape }: Input): Input => ({ values, shape, batched: true })

/** Runs a program on a case; `leaves` replaces the case's parameters. */
export const run = (
  judge: Judge,
  subject: BijectorSubject,
  sample: BijectorCase,
  program: BijectorProgram,
  inputs: ReadonlyArray<Input>,
  leaves?: ReadonlyArray<Input>,
): ReadonlyArray<Host> => {
  const { layer } = subject
  const params = paramsOf(subject, sample)
  const given = leaves ?? leavesOf(params)
  const context: ReadonlyArray<Input> = sample.context
    ? [
        {
          values: sample.context,
          shape: [...sample.batch, ...layer.contextShape!],
          batched: true,
        },
      ]
    : []
  return judge.run(
    subject,
    program,
    (tensors) => {
      const own = tensors.slice(0, given.length)
      const site: Site = context.length > 0 ? { context: tensors[given.length]! } : {}
      return program(
        {
          subject,
          leaves: own,
          params: withLeaves(params, own),
          context: site.context,
          build: (other, moved = own) =>
            isParametric(layer)
              ? layer.build(withLeaves(params, moved), { ...site, ...other })
              : layer,
        },
        ...tensors.slice(given.length + context.length),
      )
    },
    [...given, ...context, ...inputs],
  )
}
