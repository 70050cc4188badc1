import { expect, test } from "vitest"
import { checkDocs, collect, instrument, matches, type Outcome } from "../docs-examples.ts"
import { insideWorkspace, madeUpTree } from "./made-up-tree.ts"

const page = (...blocks: ReadonlyArray<string>): string =>
  ["# Page", "", ...blocks.flatMap((block) => [block, ""])].join("\n")
const ts = (code: string, words = ""): string => ["```ts", words, "\n", code, "\n```"].join("")

const source = `/**
 * Doubles a number.
 *
 * \`\`\`ts
 * const two = 1 + 1 // => 3
 * \`\`\`
 */
export const double = (x: number): number => 2 * x
`

const check = (files: Readonly<Record<string, string | object>>): Promise<Outcome> =>
  checkDocs(
    madeUpTree(
      {
        "packages/one/package.json": { name: "one" },
        ...files,
      },
      insideWorkspace,
    ),
  )
const lines = ({ problems }: Outcome): ReadonlyArray<string> =>
  problems.map(({ file, line, message }) => `${file}:${line}: ${message}`)

test("sound pages pass, and everything in them is counted", async () => {
  const outcome = await check({
    "README.md": page(
      ts(`import { inspect } from "node:util"\ninspect([1]) // => "[ 1 ]"`),
      ts(
        `const log = Math.log(2) // => 0.69315\nawait Promise.resolve([log, NaN])\n// => [0.693, NaN]`,
      ),
      ts("throw new Error('never run')", " no-run"),
      "```sh\nexit 1\n```",
    ),
    "docs/guide.md": page(
      ts("// half.ts\nexport const half = (x: number): number => x / 2"),
      ts(`import { half } from "./half.ts"\nconsole.log(half(3), "x") // => 1.5 x`),
    ),
  })
  expect(lines(outcome)).toEqual([])
  expect(outcome).toMatchObject({ blocks: 5, ran: 4, expectations: 4 })
})

test("what does not hold is reported at its line of the page", async () => {
  const outcome = await check({
    "README.md": page(ts("const x = 1\nx + 1 // => 3"), ts(Array(11).fill("void 0").join("\n"))),
    "docs/types.md": page(ts(`const x: number = "one"`, " no-run")),
    "docs/throws.md": page(ts(`const f = () => {\n  throw new Error("broken")\n}\nf()`)),
    "docs/exits.md": page(ts("process.exit(0)"), ts("export {}")),
    "docs/typo.md": page(ts("export {}", " norun")),
    "docs/misplaced.md": page(ts("// => 1\nexport {}")),
    "packages/one/src/index.ts": source,
  })
  const found = lines(outcome)
  const expected = [
    /^README\.md:5: expected 3, got 2$/,
    /^README\.md:9: 11 lines of code; the README shows/,
    /^docs\/exits\.md:4: the process ended \(exit code 0\) before this block did/,
    /^docs\/misplaced\.md:4: "\/\/ => 1" stands behind no expression/,
    /^docs\/throws\.md:5: threw Error: broken$/,
    /^docs\/types\.md:4: error TS2322/,
    /^docs\/typo\.md:3: unknown word "norun"/,
    /^packages\/one\/src\/index\.ts:5: expected 3, got 2$/,
  ]
  expect(found).toHaveLength(expected.length)
  found.forEach((line, i) => expect(line).toMatch(expected[i] as RegExp))
})

test.each([
  [0.6914624, "0.6914625", true],
  [0.69147, "0.6914625", false],
  [-2.9389894, "-2.938989", true],
  [1e-12, "0", true],
  [1.4, "1", false],
  [2, "2.00", true],
  [1234567, "1.234567e6", true],
  [[Number.NaN, -Infinity, undefined], "[NaN, -Infinity, undefined]", true],
  [Number.NaN, "0", false],
  [
    [
      [1, 2],
      [3, 4.0000001],
    ],
    "[[1, 2], [3, 4]]",
    true,
  ],
  [[1, 2], "[1, 2, 3]", false],
  [new Float32Array([0.1, 0.2]), "[0.1, 0.2]", true],
  [new Float64Array([2, 4]), "Float64Array(2) [2, 4]", true],
  [{ tag: "Affine", shift: [0.5] }, '{ tag: "Affine", shift: [0.5] }', true],
  ["plain text", "plain text", true],
  ["plain text", '"plain text"', true],
  ["1", "1", true],
  [true, "false", false],
])("%j as %s: %s", (value, expected, agreement) => {
  expect(matches([value], expected)).toBe(agreement)
})

test("comparisons keep the lines and reach into functions", () => {
  const block = {
    file: "a.md",
    line: 3,
    code: "const f = () => {\n  g() // => 1\n}\nf()",
    run: true,
  }
  const { code, expectations } = instrument(block)
  expect(code.split("\n")).toHaveLength(4)
  expect(expectations).toBe(1)
  expect(code).toContain(`.check(4, "1", [g()]);`)
})

test("indented fences and longer fences are read as Markdown does", () => {
  const root = madeUpTree({
    "packages/one/package.json": { name: "one" },
    "README.md":
      "1. Step\n\n   ```ts\n   export {}\n   ```\n\n````md\n```ts\nnot code\n```\n````\n",
  })
  expect(collect(root).blocks).toEqual([
    { file: "README.md", line: 4, code: "export {}", run: true },
  ])
})
