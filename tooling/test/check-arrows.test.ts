import { join } from "node:path"
import { expect, test } from "vitest"
import { arrows, checkArrows, importsOf, show, type Arrows } from "../check-arrows.ts"
import { run, workspaceRoot } from "../workspace.ts"
import { madeUpTree } from "./made-up-tree.ts"

const table: Arrows = { low: [], mid: ["low"], top: ["low", "mid"] }

const manifest = (
  name: string,
  dependencies: ReadonlyArray<string>,
  more: object = {},
): Record<string, unknown> => ({
  name: `@made/${name}`,
  exports: { ".": "./src/index.ts", "./extra": "./src/extra.ts", "./internal/*": null },
  dependencies: Object.fromEntries(dependencies.map((d) => [`@made/${d}`, "workspace:^"])),
  ...more,
})

const references = (...folders: ReadonlyArray<string>): object => ({
  references: folders.map((folder) => ({ path: `../${folder}` })),
})

/** Three packages in order; each test spoils one thing. */
const sound = {
  "tsconfig.json": {
    files: [],
    references: ["low", "mid", "top"].map((folder) => ({ path: `packages/${folder}` })),
  },
  "packages/low/package.json": manifest("low", []),
  "packages/low/tsconfig.json": references(),
  "packages/low/src/index.ts": `export * from "./a.ts"\n`,
  "packages/low/src/a.ts": `import type { B } from "./b.ts"\nexport const a: B = 1\n`,
  "packages/low/src/b.ts": `import { a } from "./a.ts"\nexport type B = typeof a | number\n`,
  "packages/low/test/a.test.ts": `import { a } from "@made/low"\nimport { m } from "@made/mid"\nm(a)\n`,
  "packages/mid/package.json": manifest("mid", ["low"]),
  "packages/mid/tsconfig.json": references("low"),
  "packages/mid/src/index.ts": `import { a } from "@made/low"\nimport { x } from "@made/low/extra"\nimport z from "elsewhere/deep"\nexport const m = [a, x, z]\n`,
  "packages/top/package.json": manifest("top", ["low", "mid"]),
  "packages/top/tsconfig.json": references("low", "mid"),
  "packages/top/src/index.ts": `import type { A } from "@made/low"\nexport type B = A\nexport const later = () => import("@made/mid")\n`,
  "examples/one.ts": `import "@made/top"\n`,
}
const soundManifest = manifest("low", [], { devDependencies: { "@made/mid": "workspace:^" } })
const files = { ...sound, "packages/low/package.json": soundManifest }

const reports = (spoiled: Readonly<Record<string, string | object>>): ReadonlyArray<string> =>
  checkArrows(madeUpTree({ ...files, ...spoiled }), table).map(show)

test("a sound tree has nothing to mend", () => {
  expect(reports({})).toEqual([])
})

test("an import against the arrows is named with file, line and mend", () => {
  expect(reports({ "packages/low/src/b.ts": `\nexport { m } from "@made/mid"\n` })).toEqual([
    `packages/low/src/b.ts:2: @made/low may not import "@made/mid". It may import no package of ours; move what both need down into one of these, or pass it in as a value`,
  ])
})

test.each([
  ["import type", `import type { m } from "@made/mid"\nexport type M = m\n`],
  ["export * from", `export * from "@made/mid"\n`],
  ["dynamic import", `export const m = () => import("@made/mid")\n`],
  ["import type expression", `export type M = typeof import("@made/mid").m\n`],
  ["side effect", `import "@made/mid/extra"\n`],
])("a forbidden %s is seen", (_, text) => {
  expect(reports({ "packages/low/src/b.ts": text })).toHaveLength(1)
})

test("a dependency against the arrows is named at its line of package.json", () => {
  const [report, ...others] = reports({
    "packages/low/package.json": manifest("low", ["mid"]),
    "packages/low/tsconfig.json": references("mid"),
  })
  expect(report).toContain("packages/low/package.json:9: @made/low may not depend on @made/mid")
  expect(others.join("\n")).toContain("packages depend on each other in a circle")
})

test("a peer dependency counts as a dependency", () => {
  expect(
    reports({
      "packages/low/package.json": { ...soundManifest, peerDependencies: { "@made/top": "*" } },
    })[0],
  ).toContain("may not depend on @made/top")
})

test("an import that package.json does not list fails, in sources and in tests", () => {
  expect(
    reports({
      "packages/mid/package.json": manifest("mid", []),
      "packages/mid/tsconfig.json": references(),
    })[0],
  ).toContain(`packages/mid/src/index.ts:1: "@made/low" is not in package.json`)
  expect(reports({ "packages/low/test/b.test.ts": `import "@made/top"\n` })).toEqual([
    `packages/low/test/b.test.ts:1: "@made/top" is not in package.json. Add "@made/top": "workspace:^" to devDependencies of @made/low`,
  ])
})

test.each(["@made/low/src/a.ts", "@made/low/internal/a"])("%s is a deep import", (specifier) => {
  expect(reports({ "packages/mid/src/b.ts": `import "${specifier}"\n` })[0]).toContain(
    `"${specifier}" reaches into the internals of @made/low`,
  )
})

test("a relative path out of the package fails", () => {
  expect(reports({ "packages/mid/test/b.test.ts": `import "../../low/src/a.ts"\n` })[0]).toContain(
    `"../../low/src/a.ts" leaves the package`,
  )
})

test("examples show only what a reader can import", () => {
  expect(
    reports({
      "examples/two.ts": `import "../packages/top/src/index.ts"\nimport "@made/top/src/x"\n`,
    }),
  ).toHaveLength(2)
})

test("modules that need each other at run time are a cycle; types alone are none", () => {
  expect(
    reports({
      "packages/low/src/a.ts": `import { b } from "./b.ts"\nexport const a = b\n`,
      "packages/low/src/b.ts": `import { a } from "./a.ts"\nexport const b = a\n`,
    })[0],
  ).toContain(
    "modules import each other in a circle: packages/low/src/a.ts -> packages/low/src/b.ts",
  )
})

test("references and package.json must say the same", () => {
  expect(reports({ "packages/mid/tsconfig.json": references() })[0]).toContain(
    "packages/mid/tsconfig.json:1: no reference to @made/low",
  )
  expect(reports({ "packages/low/tsconfig.json": references("mid") })[0]).toContain(
    "a reference to ../mid, which package.json does not depend on",
  )
  expect(reports({ "tsconfig.json": { files: [] } })).toHaveLength(3)
})

test("a dependency that no source imports is named", () => {
  expect(reports({ "packages/mid/src/index.ts": "export {}\n" })).toEqual([
    "packages/mid/package.json:9: @made/mid depends on @made/low, but nothing in src imports it. Remove it from package.json and from the references of tsconfig.json",
  ])
})

test("a package without a row fails", () => {
  expect(
    reports({
      "packages/new/package.json": manifest("new", []),
      "tsconfig.json": {
        references: ["low", "mid", "top", "new"].map((f) => ({ path: `packages/${f}` })),
      },
    })[0],
  ).toContain("@made/new has no row in the table of arrows")
})

test("the table itself has no cycle", () => {
  expect(checkArrows(madeUpTree(files), { ...table, low: ["top"] }).map(show)[0]).toContain(
    "the table of arrows has a cycle: low -> top -> low",
  )
  expect(Object.keys(arrows)).not.toHaveLength(0)
})

test("text that only looks like an import is none", () => {
  expect(
    importsOf("a.ts", `// import "@made/mid"\nexport const a = 'import "@made/top"'\n`),
  ).toEqual([])
})

test("the command fails with exit code 1 on a broken tree", async () => {
  const root = madeUpTree({
    "packages/core/package.json": { name: "@pushforward/core", dependencies: {} },
    "packages/core/tsconfig.json": {},
    "packages/core/src/index.ts": `import { fit } from "pushforward"\nfit()\n`,
    "packages/pushforward/package.json": { name: "pushforward" },
    "packages/pushforward/tsconfig.json": {},
  })
  const { code, output } = await run(process.execPath, [
    join(workspaceRoot, "tooling/check-arrows.ts"),
    root,
  ])
  expect(output).toContain(
    `packages/core/src/index.ts:1: @pushforward/core may not import "pushforward"`,
  )
  expect(code).toBe(1)
})
