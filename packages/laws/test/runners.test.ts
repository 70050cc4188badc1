import "@tensorflow/tfjs-backend-cpu"
import { chain, combinatorPlugins, makeRegistry } from "@pushforward/core"
import {
  bijectorLaws,
  bijectorSubject,
  formatReport,
  jacobian,
  logAbsDet,
  registerLaws,
  runLaws,
  subjectsOf,
  verifyModule,
} from "@pushforward/laws"
import { bijectorPlugins } from "@pushforward/bijectors"
import * as bijectorsModule from "@pushforward/bijectors"
import * as tf from "@tensorflow/tfjs-core"
import { Result } from "effect"
import { describe, expect, it } from "vitest"

describe("runLaws", () => {
  it("gives the same report for the same seed, and other cases for another", () => {
    const registry = Result.getOrThrow(makeRegistry([...combinatorPlugins, ...bijectorPlugins]))
    const plugin = bijectorPlugins.find(({ tag }) => tag === "softplus")!
    const measure = (seed: number): ReadonlyArray<number> =>
      runLaws(subjectsOf(plugin, registry)[0]!, bijectorLaws.slice(0, 4), { seed }).map(
        (r) => r.measured,
      )
    expect(measure(1)).toEqual(measure(1))
    expect(measure(1)).not.toEqual(measure(2))
  })

  it("runs as often as it is told", () => {
    const subject = bijectorSubject({ layer: chain(), eventShape: [2] })
    expect(runLaws(subject, bijectorLaws, { runs: 3 }).map((r) => r.runs)).toEqual(
      bijectorLaws.filter((law) => law.applies(subject)).map(({ most = 3 }) => Math.min(3, most)),
    )
  })

  it("measures in the precisions it is told; laws of yes and no run in any case", () => {
    const subject = bijectorSubject({ layer: chain(), eventShape: [2] })
    const names = (...precisions: ReadonlyArray<"float32" | "float64">) =>
      runLaws(subject, bijectorLaws, { runs: 1, precisions }).map((r) => r.law)
    const both = names("float32", "float64")
    expect(runLaws(subject, bijectorLaws, { runs: 1 }).map((r) => r.law)).toEqual(both)
    expect(names("float32")).toEqual(
      both.filter((name) => !name.endsWith("(float64)") && name !== "traceable"),
    )
    expect(names("float64")).toEqual(both.filter((name) => !name.endsWith("(float32)")))
    expect(both).toContain("log-det (float64)")
    expect(names()).toContain("shapes")
  })

  it("leaves no tensor behind", () => {
    const subject = bijectorSubject({ layer: chain(), eventShape: [2] })
    const before = tf.memory().numTensors
    runLaws(subject, bijectorLaws, { runs: 2 })
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe("registerLaws", () => {
  it("registers a test for each law that applies, which throws the counterexample", () => {
    const tests = new Map<string, () => void>()
    const wrong = { ...chain(), name: "wrong", inverse: (y: tf.Tensor) => tf.add(y, 1) }
    registerLaws(
      { describe: (_, body) => body(), it: (name, body) => tests.set(name, body) },
      [bijectorSubject({ layer: wrong, eventShape: [2] })],
      bijectorLaws,
      { except: (_, law) => law.name === "edges", precisions: ["float32"] },
    )
    const names = [...tests.keys()]
    expect(names[0]).toBe("round-trip-inverse (float32): inverse(forward(x)) = x")
    expect(names.some((name) => name.startsWith("edges"))).toBe(false)
    const agree = names.find((name) => name.startsWith("methods-agree"))!
    expect(tests.get(agree)).toThrow(
      /wrong breaks methods-agree \(float32\)[^]*Paste this to see it/,
    )
    expect(tests.get(names[0]!)).not.toThrow()
  })
})

describe("verifyModule", () => {
  it("finds plugins single and in lists, each once", () => {
    const { expPlugin } = bijectorsModule
    const report = verifyModule(
      { expPlugin, list: [expPlugin], other: 3, nothing: null },
      { runs: 2 },
    )
    expect(report.plugins).toEqual(["exp"])
    expect(report.ok).toBe(true)
    expect(report.laws.length).toBeGreaterThan(10)
  })

  it("says when there is nothing to verify", () => {
    const report = verifyModule({})
    expect(report.ok).toBe(false)
    expect(formatReport(report)).toContain("No plugins found")
  })

  it("says when an example does not compile, and when there is none", () => {
    const { expPlugin } = bijectorsModule
    const bad = {
      ...expPlugin,
      tag: "bad",
      examples: [{ spec: { _tag: "chian" }, eventShape: [] }],
    }
    const report = verifyModule(
      { bad, bare: { ...expPlugin, tag: "bare", examples: [] } },
      { runs: 1 },
    )
    expect(report.ok).toBe(false)
    expect(report.problems).toEqual([
      expect.stringContaining('Did you mean "chain"?'),
      "bare has no examples, so no law can be checked. Add one to `examples`.",
    ])
    expect(formatReport(report)).toContain("2 broken")
  })

  it("prints one aligned line per law", () => {
    const text = formatReport(verifyModule({ plugin: bijectorsModule.tanhPlugin }, { runs: 2 }))
    const lines = text.split("\n").filter((line) => /^ {2}(ok|FAIL|warn) /.test(line))
    expect(new Set(lines.map((line) => line.search(/\S/))).size).toBe(1)
    expect(text).toMatch(
      /ok {4}round-trip-inverse \(float64\) +[\d.e+-]+ of [\d.e+-]+ +inverse\(forward\(x\)\) = x/,
    )
    expect(text.trim().split("\n").at(-1)).toMatch(/^1 plugins, 1 subjects, \d+ laws: all hold$/)
  })
})

describe("the Jacobian", () => {
  it("is that of the map, row by row", () => {
    const permuted = bijectorsModule.permute([1, 0])
    expect(jacobian(permuted, tf.tensor2d([[1, 2]])).arraySync()).toEqual([
      [
        [0, 1],
        [1, 0],
      ],
    ])
  })

  it("has the volume of its free coordinates when it is tall", () => {
    // A simplex: the last coordinate is one minus the others.
    expect(
      logAbsDet([
        [2, 0],
        [0, 3],
        [-2, -3],
      ]),
    ).toBeCloseTo(Math.log(6), 12)
    expect(
      logAbsDet([
        [1, 2],
        [2, 4],
      ]),
    ).toBe(-Infinity)
  })
})
