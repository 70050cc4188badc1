import threaded from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url"
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url"
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url"
import { wasmAt } from "@pushforward/backend-wasm"
import { describe, expect, it } from "vitest"
import { fit, load } from "../src/index.ts"

const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])
const wasm = wasmAt({
  "tfjs-backend-wasm.wasm": plain,
  "tfjs-backend-wasm-simd.wasm": simd,
  "tfjs-backend-wasm-threaded-simd.wasm": threaded,
})

describe.each([
  ["cpu", "cpu"],
  ["wasm", wasm],
] as const)("in a browser, on %s", (_, backend) => {
  it("fits, scores, samples, and comes back from its files", async () => {
    const model = await fit(rows, { epochs: 2, backend })
    const scores = await model.logProb(rows)
    expect(scores.every(Number.isFinite)).toBe(true)
    expect(await model.sample(3)).toHaveLength(3)
    const again = await load(model.toFiles(), { backend })
    expect(await again.logProb(rows)).toEqual(scores)
  })
})
