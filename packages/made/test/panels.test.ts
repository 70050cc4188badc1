import "@tensorflow/tfjs-backend-cpu"
import { countParams, makeKey, normalValues, type ParamTensors, toTensors } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import { initialPanels, panelMatrix, type Panels, panelsOf } from "../src/panels.ts"
import { type Mask, masksOf, structure, type StructureOptions } from "../src/index.ts"

const cases: ReadonlyArray<readonly [string, StructureOptions]> = [
  ["many dimensions", { size: 160, hidden: [512, 300] }],
  ["few dimensions", { size: 3, hidden: [256, 512] }],
  ["reversed", { size: 200, hidden: [256, 256], order: "reversed" }],
  ["random", { size: 150, hidden: [300, 260], order: "random", connectivity: "random" }],
  ["small", { size: 4, hidden: [100, 100] }],
]

const kept = ({ panels }: Panels): number =>
  panels.reduce((sum, { mask }) => sum + mask.values.length, 0)

const distance = (a: tf.Tensor, b: tf.Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!

describe.each(cases)("matrices in panels, %s", (_, options) => {
  const outputs = 3
  const masks = masksOf(structure(options), { outputs })
  const copies = (place: number): number => (place === masks.length - 1 ? outputs : 1)
  const whole = ({ shape: [rows, columns] }: Mask): Mask => ({
    shape: [rows, columns],
    values: normalValues(makeKey(rows), rows * columns),
  })

  it("multiply as the masked matrix does, and are it when put together", () => {
    tf.tidy(() => {
      for (const [place, mask] of masks.entries()) {
        const panels = panelsOf(mask, copies(place))
        const params = toTensors({ weight: initialPanels(panels, whole(mask)) })
        const { times, whole: together } = panelMatrix(panels, params["weight"] as ParamTensors)
        const dense = tf.tensor2d(
          whole(mask).values.map((value, i) => value * mask.values[i]!),
          [...mask.shape],
        )
        expect(distance(together(), dense)).toBe(0)
        const x: tf.Tensor2D = tf.tensor2d(normalValues(makeKey(1), 3 * mask.shape[0]), [
          3,
          mask.shape[0],
        ])
        expect(distance(times(x), tf.matMul(x, dense))).toBeLessThan(1e-4)
      }
    })
  })

  it("hold every weight that the mask keeps", () => {
    for (const [place, mask] of masks.entries()) {
      const panels = panelsOf(mask, copies(place))
      const weight = initialPanels(panels, { ...mask, values: mask.values.slice().fill(1) })
      expect(countParams({ weight }, "trainable")).toBe(kept(panels))
      expect(kept(panels)).toBeGreaterThanOrEqual(mask.values.reduce((sum, m) => sum + m, 0))
    }
  })
})

it("most zeros of wide layers are left out, small layers stay whole", () => {
  const outputs = 23
  const [into, between, out] = masksOf(structure({ size: 257, hidden: [512, 512] }), { outputs })
  expect(kept(panelsOf(between!)) / between!.values.length).toBeLessThan(0.64)
  expect(kept(panelsOf(into!)) / into!.values.length).toBeLessThan(0.64)
  // Numbers of a dimension are one copy after the other: panels have some dimensions of each.
  expect(kept(panelsOf(out!, outputs)) / out!.values.length).toBeLessThan(0.52)
  expect(kept(panelsOf(out!, outputs))).toBeLessThan(kept(panelsOf(out!)))
  const [, small] = masksOf(structure({ size: 8, hidden: [100, 100] }))
  expect(panelsOf(small!)).toEqual({
    shape: small!.shape,
    copies: 1,
    panels: [{ first: 0, columns: [...Array(100).keys()], mask: small }],
  })
})
