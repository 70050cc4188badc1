// What a reader writes who installs only core, bijectors and a backend. tooling/packed-install.ts runs it
// against the packed packages in an empty project; here it is kept as a file so that it is type-checked.
import { cpu } from "@pushforward/backend-cpu"
import { affine, exp } from "@pushforward/bijectors"
import { Backend, chain, invert } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Effect } from "effect"

const rounded = (tensor: tf.Tensor): string =>
  Array.from(tensor.dataSync(), (value) => value.toFixed(4)).join(" ")

const program = Effect.gen(function* () {
  const { name } = yield* Backend
  // Forward: 1 + 2 exp(x), so log|dy/dx| is log 2 + x.
  const flow = chain(exp(), affine({ shift: 1, scale: 2 }))
  const [y, logDet] = flow.forwardAndLogDet(tf.tensor1d([0, 1]))
  const [back] = invert(flow).forwardAndLogDet(y)
  return `${name}: y ${rounded(y)}, log-det ${rounded(logDet)}, back ${rounded(back)}`
})

console.log(await Effect.runPromise(Effect.provide(program, cpu)))
