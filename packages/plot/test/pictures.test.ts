import { describe, expect, it } from "vitest"
import {
  curvePlot,
  densityPlot,
  histogramPlot,
  networkPlot,
  pairsPlot,
  profilePlot,
  renderPng,
  spreadPlot,
} from "../src/index.ts"

const axis = Float64Array.from({ length: 41 }, (_, i) => (i - 20) / 5)
const bump = Float64Array.from({ length: 41 * 41 }, (_, k) => {
  const [x, y] = [axis[k % 41]!, axis[Math.floor(k / 41)]!]
  return Math.exp(-(x * x + y * y) / 2) / (2 * Math.PI)
})
const points = {
  x: Array.from({ length: 300 }, (_, i) => Math.sin(i * i)),
  y: Array.from({ length: 300 }, (_, i) => Math.cos(i * i)),
}
const base = {
  title: "A round bump",
  labels: { x: "east", y: "north", density: "per square unit" },
  density: { x: axis, y: axis, values: bump },
}

/** How often an element stands in a picture. */
const countOf = (svg: string, element: string): number => svg.split(`<${element} `).length - 1

const expectSound = (svg: string): void => {
  expect(svg.startsWith("<svg ")).toBe(true)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
}

const sizeOfPng = (png: Uint8Array): readonly [width: number, height: number] => {
  const view = new DataView(png.buffer, png.byteOffset)
  return [view.getUint32(16), view.getUint32(20)]
}

describe("densityPlot", () => {
  it("has its title, axis labels, legend, levels and dots", () => {
    const svg = densityPlot({ ...base, points, subtitle: "under it", maxPoints: 100 })
    expectSound(svg)
    for (const text of ["A round bump", "under it", "east", "north", "per square unit"]) {
      expect(svg).toContain(`>${text}<`)
    }
    expect(countOf(svg, "circle")).toBe(100)
    expect(svg).toContain("100 of 300 data points")
    // Filled contours: a path for each of many levels.
    expect(countOf(svg, "path")).toBeGreaterThan(20)
  })

  it("is the same text for the same input", () => {
    expect(densityPlot({ ...base, points })).toBe(densityPlot({ ...base, points }))
  })

  it("corrects degrees of longitude by the cosine of the latitude", () => {
    const heightOf = (svg: string): number => Number(/height="(\d+)"/.exec(svg)![1])
    const north = Float64Array.from(axis, (y) => 60 + y)
    const density = { x: axis, y: north, values: bump }
    // At 60 degrees a degree of longitude is half as long: the frame is twice as high, or as high as allowed.
    expect(heightOf(densityPlot({ ...base, density, aspect: "lonlat" }))).toBeGreaterThan(
      heightOf(densityPlot({ ...base, density, aspect: "equal" })),
    )
  })

  it.each([
    ["a NaN", { values: bump.with(3, NaN) }, "NaN at position 3"],
    ["a negative density", { values: bump.with(3, -1) }, "holds -1"],
    ["a wrong number of values", { values: bump.slice(1) }, "1680"],
    ["an axis that is not regular", { x: axis.with(5, 0) }, "expected equal steps upwards"],
    ["an empty grid", { x: new Float64Array(0) }, "expected 2 or more"],
  ])("refuses %s", (_, wrong, message) => {
    expect(() => densityPlot({ ...base, density: { ...base.density, ...wrong } })).toThrow(message)
  })
})

describe("histogramPlot", () => {
  const values = Array.from({ length: 500 }, (_, i) => Math.sin(i))

  it("draws bars and a curve", () => {
    const svg = histogramPlot({
      title: "Sines",
      labels: { x: "sine" },
      values,
      density: { x: [-1, 0, 1], y: [0.2, 0.4, 0.2] },
      bins: 12,
    })
    expectSound(svg)
    expect(countOf(svg, "rect")).toBeGreaterThanOrEqual(12)
    expect(svg).toContain(">sine<")
  })

  it("refuses nothing to draw, and numbers that are none", () => {
    const draw = (numbers: number[]) => () =>
      histogramPlot({ title: "", labels: { x: "x" }, values: numbers })
    expect(draw([])).toThrow("expected 1 or more")
    expect(draw([1, NaN])).toThrow("NaN at position 1")
  })
})

describe("pairsPlot", () => {
  const table = (columns: number) => ({
    columns: Array.from({ length: columns }, (_, j) => `c${j}`),
    rows: 60,
    values: Float64Array.from({ length: 60 * columns }, (_, i) => Math.sin(i * i)),
  })

  it("draws every pair of up to six columns, and says so beyond", () => {
    const svg = pairsPlot({ title: "Three", data: table(3), samples: table(3) })
    expectSound(svg)
    for (const name of ["c0", "c1", "c2"]) expect(svg).toContain(`>${name}<`)
    const many = pairsPlot({ title: "Eight", data: table(8) })
    expect(many).not.toContain(">c6<")
    expect(many).toMatch(/6|six/)
  })

  it("refuses samples of other columns", () => {
    expect(() => pairsPlot({ title: "", data: table(3), samples: table(2) })).toThrow(RangeError)
  })
})

describe("curvePlot", () => {
  it("draws a named line for each series", () => {
    const svg = curvePlot({
      title: "Learning",
      labels: { x: "epoch", y: "nats" },
      series: [
        { name: "train", x: [1, 2, 3], y: [1, 2, 2.5] },
        { name: "validation", x: [1, 2, 3], y: [0.5, 1.5, 1.6] },
      ],
    })
    expectSound(svg)
    for (const text of ["train", "validation", "epoch", "nats"]) expect(svg).toContain(`>${text}<`)
  })
})

describe("profilePlot", () => {
  const profile = { title: "Profile", labels: { x: "cells", y: "events" } }

  it("draws each profile and the diagonal of chance", () => {
    const svg = profilePlot({
      ...profile,
      series: [{ name: "flow", x: [0, 0.2, 1], y: [0, 0.7, 1] }],
    })
    expectSound(svg)
    for (const text of ["flow", "chance", "cells", "events"]) expect(svg).toContain(`>${text}<`)
  })

  it("refuses what is not a share", () => {
    const of = (x: number): string =>
      profilePlot({ ...profile, series: [{ name: "flow", x: [0, x], y: [0, 1] }] })
    expect(() => of(20)).toThrow('x of "flow" has 20; expected shares from 0 to 1')
    expect(() => of(NaN)).toThrow(RangeError)
    expect(() => profilePlot({ ...profile, series: [] })).toThrow("series has 0 entries")
  })
})

describe("networkPlot", () => {
  const units = [
    [1, 2, 3],
    [1, 1, 2, 2],
    [1, 2, 3],
  ]
  const masks = [
    { shape: [3, 4], values: [1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0] },
    { shape: [4, 3], values: [0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1] },
  ] as const

  it("draws every connection once, the kept ones again, and a cell for each", () => {
    const svg = networkPlot({ title: "Masks", units, masks })
    expectSound(svg)
    expect(countOf(svg, "line")).toBe(24 + 12)
    // The page's background is one more.
    expect(countOf(svg, "rect")).toBe(24 + 1)
    expect(svg.match(/<rect [^>]*fill="#1f2933"/g)).toHaveLength(12)
    expect(countOf(svg, "circle")).toBe(20)
    for (const name of ["inputs", "hidden 1", "outputs", "inputs → hidden 1"]) {
      expect(svg).toContain(`>${name}<`)
    }
  })

  it("refuses masks that do not fit, and layers too wide to read", () => {
    expect(() => networkPlot({ title: "", units, masks: masks.slice(1) })).toThrow(
      "masks has 1 entries and units, but for the inputs, has 2",
    )
    expect(() => networkPlot({ title: "", units, masks: [masks[1], masks[0]] })).toThrow(
      "mask 0 has the shape [4, 3] and 12 values; expected [3, 4]",
    )
    const wide = Array.from({ length: 25 }, (_, i) => i)
    expect(() =>
      networkPlot({
        title: "",
        units: [wide, [1]],
        masks: [{ shape: [25, 1], values: wide }],
      }),
    ).toThrow("layer 0 has 25 units; expected 1 to 24")
    expect(() => networkPlot({ title: "", units: [[1]], masks: [] })).toThrow("has 1 layers")
  })
})

describe("renderPng", () => {
  it("gives PNG bytes of the width that was asked for, the same each time", async () => {
    const svg = densityPlot({ ...base, points })
    const png = await renderPng(svg, { width: 400 })
    expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    expect(sizeOfPng(png)[0]).toBe(400)
    expect(await renderPng(svg, { width: 400 })).toEqual(png)
  })

  it("draws text with the font that ships with the package", async () => {
    const page = (text: string): string =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20"><text x="2" y="15">${text}</text></svg>`
    expect(await renderPng(page("density"))).not.toEqual(await renderPng(page("")))
  })

  it("rejects what is not SVG", async () => {
    await expect(renderPng("no picture")).rejects.toThrow(/SVG/)
  })
})

describe("spreadPlot", () => {
  const series = [
    { name: "narrow", x: [1, 2, 5], samples: [[-2, -2.2], [-1.5, -1.9], [-1]] },
    {
      name: "wide",
      x: [1, 5],
      samples: [
        [-2, -1],
        [-3, -1.9],
      ],
    },
  ]
  const text = { title: "Spread", labels: { x: "layers", y: "nats" } }

  it("has a dot for each number and each mean, a bar for each place, and its places as ticks", () => {
    const svg = spreadPlot({ ...text, series })
    expectSound(svg)
    for (const word of ["Spread", "layers", "nats", "narrow", "wide"]) {
      expect(svg).toContain(`>${word}<`)
    }
    expect(countOf(svg, "circle")).toBe(9 + 5)
    for (const tick of ["1", "2", "5"]) expect(svg).toContain(`>${tick}</text>`)
  })

  it("names its places, which then have no line between them, and spreads small numbers beside large ones", () => {
    const svg = spreadPlot({
      ...text,
      series,
      places: ["wine", "", "", "", "power"],
      scale: "symlog",
    })
    expectSound(svg)
    for (const name of ["wine", "power", "−1"]) expect(svg).toContain(`>${name}</text>`)
    expect(spreadPlot({ ...text, series })).toContain(`stroke-width="2"`)
    expect(svg).not.toContain(`stroke-width="2"`)
  })

  it.each([
    ["no series", [], /series/],
    ["an empty place", [{ name: "a", x: [1], samples: [[]] }], /a sample of "a"/],
    ["lengths that differ", [{ name: "a", x: [1, 2], samples: [[1]] }], /x of "a"/],
    ["a NaN", [{ name: "a", x: [1], samples: [[NaN]] }], /NaN/],
  ])("refuses %s", (_, wrong, message) => {
    expect(() => spreadPlot({ ...text, series: wrong })).toThrow(message)
  })
})
