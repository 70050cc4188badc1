import {
  foldKey,
  makeKey,
  normalValues,
  randomBits,
  type RandomKey,
  randomPermutation,
  splitKey,
  standardNormalQuantile,
  uniformValues,
} from "@pushforward/core"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

/** Threefry-2x32 with 20 rounds in big integers, straight from the paper's figure. */
const threefryOfPaper = (
  key: readonly [number, number],
  counter: readonly [number, number],
): readonly [number, number] => {
  const mask = 0xffffffffn
  const rotations = [13n, 15n, 26n, 6n, 17n, 29n, 16n, 24n]
  const k = [BigInt(key[0]), BigInt(key[1]), 0n]
  k[2] = k[0]! ^ k[1]! ^ 0x1bd11bdan
  let [a, b] = [(BigInt(counter[0]) + k[0]!) & mask, (BigInt(counter[1]) + k[1]!) & mask]
  for (let round = 0; round < 20; round++) {
    const r = rotations[round % 8]!
    a = (a + b) & mask
    b = (((b << r) | (b >> (32n - r))) & mask) ^ a
    if (round % 4 === 3) {
      const s = (round + 1) / 4
      a = (a + k[s % 3]!) & mask
      b = (b + k[(s + 1) % 3]! + BigInt(s)) & mask
    }
  }
  return [Number(a), Number(b)]
}

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const keys: fc.Arbitrary<RandomKey> = fc.record({ hi: word, lo: word })

describe("Threefry-2x32-20", () => {
  // Random123's kat_vectors, which JAX's tests repeat.
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)("the paper's figure gives the known answer for key %j", (key, counter, expected) => {
    expect(threefryOfPaper(key, counter)).toEqual(expected)
  })

  it("core gives the known answer for the zero key", () => {
    expect(Array.from(randomBits({ hi: 0, lo: 0 }, 2))).toEqual([0x6b200159, 0x99ba4efe])
  })

  it("core agrees with the figure in every use: bits, splits, folds", () => {
    fc.assert(
      fc.property(keys, fc.nat({ max: 9 }), word, (key, i, data) => {
        const pair = [key.hi, key.lo] as const
        expect(Array.from(randomBits(key, 2 * i + 2)).slice(-2)).toEqual(
          threefryOfPaper(pair, [i, 0]),
        )
        expect(Object.values(splitKey(key, i + 1)[i]!)).toEqual(threefryOfPaper(pair, [i, 1]))
        expect(Object.values(foldKey(key, data))).toEqual(threefryOfPaper(pair, [data, 2]))
      }),
      { seed: 1 },
    )
  })
})

describe("keys", () => {
  it("hold every safe integer", () => {
    expect(makeKey(7)).toEqual({ hi: 0, lo: 7 })
    expect(makeKey(-1)).toEqual({ hi: 0xffffffff, lo: 0xffffffff })
    expect(makeKey(2 ** 40 + 3)).toEqual({ hi: 256, lo: 3 })
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
        fc.pre(a !== b)
        expect(makeKey(a)).not.toEqual(makeKey(b))
      }),
      { seed: 1 },
    )
  })

  it("refuse what is no integer, with the mend", () => {
    expect(() => makeKey(0.5)).toThrow(
      "seed: expected a safe integer, got 0.5. Round it, or hash it to an integer.",
    )
    expect(() => makeKey(2 ** 60)).toThrow(RangeError)
  })

  it("differ for every number and name, and for names and numbers", () => {
    const data = [
      ..."abcdefghij".split(""),
      "",
      "ab",
      "ba",
      "aa",
      "a/b",
      0,
      1,
      97,
      98,
      2 ** 31,
      0xffffffff,
    ]
    const folded = data.map((each) => JSON.stringify(foldKey(makeKey(3), each)))
    expect(new Set(folded).size).toBe(data.length)
    expect(folded).not.toContain(JSON.stringify(makeKey(3)))
    // A name is not the path of its letters.
    expect(foldKey(makeKey(3), "ab")).not.toEqual(foldKey(foldKey(makeKey(3), "a"), "b"))
  })

  it("split into keys that do not depend on how many there are", () => {
    const four = splitKey(makeKey(9), 4)
    expect(splitKey(makeKey(9), 2)).toEqual(four.slice(0, 2))
    expect(new Set(four.map((k) => JSON.stringify(k))).size).toBe(4)
  })
})

/** The first draws of some seeds: a change here changes everyone's results. */
describe("frozen draws", () => {
  it.each([
    [
      0,
      [1797259609, 2579123966, 1351547692],
      [-0.20584213733673096, 0.2546391487121582, -0.48262301087379456],
    ],
    [
      7,
      [3625411723, 1954958720, 1830345032],
      [1.0114812850952148, -0.11259885132312775, -0.18615804612636566],
    ],
    [
      -1,
      [1094285764, 1314454335, 2682970465],
      [-0.6595128178596497, -0.5070917010307312, 0.31778961420059204],
    ],
    [
      2 ** 40 + 3,
      [1903400153, 3090744579, 243958230],
      [-0.14293721318244934, 0.5817131400108337, -1.5822088718414307],
    ],
  ])("of seed %d", (seed, bits, normals) => {
    expect(Array.from(randomBits(makeKey(seed), 3))).toEqual(bits)
    expect(Array.from(normalValues(makeKey(seed), 3))).toEqual(normals)
  })

  it("of derived keys and permutations", () => {
    expect(foldKey(makeKey(7), "weights")).toEqual({ hi: 757452238, lo: 2865292704 })
    expect(splitKey(makeKey(7), 1)).toEqual([{ hi: 195045567, lo: 4062205631 }])
    expect(Array.from(randomPermutation(makeKey(7), 6))).toEqual([2, 5, 1, 4, 3, 0])
  })
})

const count = 100_000

/** A standard normal statistic stays below this with probability 1 − 1e-6. Keys are fixed, so nothing flickers. */
const fiveSigma = 4.9

/** Wilson and Hilferty: a chi-square of `degrees` as a standard normal statistic. */
const chiSquareScore = (statistic: number, degrees: number): number =>
  (Math.cbrt(statistic / degrees) - (1 - 2 / (9 * degrees))) / Math.sqrt(2 / (9 * degrees))

/** Kolmogorov and Smirnov's `√n D`; above 2.69 with probability 1e-6. */
const kolmogorov = (uniforms: Float64Array): number => {
  const sorted = uniforms.toSorted()
  const n = sorted.length
  return Math.sqrt(n) * sorted.reduce((d, u, i) => Math.max(d, (i + 1) / n - u, u - i / n), 0)
}

/** `Φ(z)` by its series and continued fraction, independent of core. */
const normalCdf = (z: number): number => {
  if (z < 0) return 1 - normalCdf(-z)
  if (z > 4) {
    let tail = 0
    for (let k = 60; k >= 1; k--) tail = k / (z + tail)
    return 1 - Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / (z + tail)
  }
  let [sum, term] = [z, z]
  for (let k = 1; k < 120; k++) sum += term *= (z * z) / (2 * k + 1)
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
}

describe.each([0, 1, 20260101])("draws of seed %d", (seed) => {
  const key = makeKey(seed)

  it("each of 32 bits is on half of the time, and bytes are uniform (chi-square, 1e-6)", () => {
    const bits = randomBits(key, count)
    for (let b = 0; b < 32; b++) {
      const on = bits.reduce((n, w) => n + ((w >>> b) & 1), 0)
      expect(Math.abs(on - count / 2) / Math.sqrt(count / 4)).toBeLessThan(fiveSigma)
    }
    for (const shift of [0, 8, 16, 24]) {
      const cells = new Float64Array(256)
      bits.forEach((w) => cells[(w >>> shift) & 255]!++)
      const expected = count / 256
      const statistic = cells.reduce((s, n) => s + (n - expected) ** 2 / expected, 0)
      expect(Math.abs(chiSquareScore(statistic, 255))).toBeLessThan(fiveSigma)
    }
  })

  it("uniforms lie strictly inside, on the grid of 2⁻²⁴, and follow their distribution (KS, 1e-6)", () => {
    const u = uniformValues(key, count)
    expect(u.every((v) => v > 0 && v < 1 && Number.isInteger(v * 2 ** 24))).toBe(true)
    expect(kolmogorov(Float64Array.from(u))).toBeLessThan(2.69)
  })

  it("uniforms have no serial correlation, nor do pairs cluster (1e-6)", () => {
    const u = uniformValues(key, count)
    for (const lag of [1, 2, 3, 7]) {
      let sum = 0
      for (let i = lag; i < count; i++) sum += (u[i]! - 0.5) * (u[i - lag]! - 0.5)
      expect(Math.abs((12 * sum) / Math.sqrt(count - lag))).toBeLessThan(fiveSigma)
    }
    const cells = new Float64Array(256)
    for (let i = 0; i + 1 < count; i += 2)
      cells[Math.floor(u[i]! * 16) * 16 + Math.floor(u[i + 1]! * 16)]!++
    const expected = count / 2 / 256
    const statistic = cells.reduce((s, n) => s + (n - expected) ** 2 / expected, 0)
    expect(Math.abs(chiSquareScore(statistic, 255))).toBeLessThan(fiveSigma)
  })

  it("normals follow their distribution (KS, 1e-6) and have its moments (1e-6)", () => {
    const z = normalValues(key, count)
    expect(kolmogorov(Float64Array.from(z, normalCdf))).toBeLessThan(2.69)
    const moment = (p: number): number => z.reduce((s, v) => s + v ** p, 0) / count
    // Var z = 1, Var z² = 2, Var z³ = 15, Var z⁴ = 96.
    ;[
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ].forEach(([p, mean, variance]) => {
      expect(Math.abs(moment(p!) - mean!) / Math.sqrt(variance! / count)).toBeLessThan(fiveSigma)
    })
  })

  it("draws of split and folded keys are uncorrelated with the parent's and each other's (1e-6)", () => {
    const children = [key, ...splitKey(key, 3), foldKey(key, 0), foldKey(key, "a"), foldKey(key, 1)]
    const draws = children.map((child) => normalValues(child, 20_000))
    for (let i = 0; i < draws.length; i++) {
      for (let j = 0; j < i; j++) {
        const product = draws[i]!.reduce((s, v, k) => s + v * draws[j]![k]!, 0)
        expect(Math.abs(product) / Math.sqrt(20_000)).toBeLessThan(fiveSigma)
      }
    }
  })
})

describe("permutations", () => {
  it("hold every index once", () => {
    fc.assert(
      fc.property(keys, fc.nat({ max: 50 }), (key, n) => {
        expect(Array.from(randomPermutation(key, n)).toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: n }, (_, i) => i),
        )
      }),
      { seed: 1 },
    )
  })

  it("come equally often (chi-square over the 24 of four, 1e-6)", () => {
    const times = new Map<string, number>()
    const trials = 24_000
    for (let i = 0; i < trials; i++) {
      const id = randomPermutation(foldKey(makeKey(5), i), 4).join("")
      times.set(id, (times.get(id) ?? 0) + 1)
    }
    expect(times.size).toBe(24)
    const statistic = [...times.values()].reduce((s, n) => s + (n - 1000) ** 2 / 1000, 0)
    expect(Math.abs(chiSquareScore(statistic, 23))).toBeLessThan(fiveSigma)
  })
})

describe("the normal quantile", () => {
  // By mpmath with 40 digits: the root of log(erfc(−z/√2)/2) = log p.
  it.each([
    [0.5, 0],
    [0.975, 1.95996398454005424],
    [0.1, -1.28155156554460047],
    [1e-10, -6.3613409024040562],
    [1e-300, -37.0470962993611992],
  ])("of %d is %d", (p, z) => {
    expect(standardNormalQuantile(p)).toBeCloseTo(z, 12)
  })

  it("undoes the distribution function", () => {
    fc.assert(
      fc.property(fc.double({ min: -3.9, max: 3.9, noNaN: true }), (z) => {
        expect(standardNormalQuantile(normalCdf(z))).toBeCloseTo(z, 10)
      }),
      { seed: 1 },
    )
  })
})
