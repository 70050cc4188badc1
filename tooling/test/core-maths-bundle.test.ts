import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { build, type Rolldown } from "vite"
import { beforeAll, expect, test } from "vitest"
import { workspaceRoot } from "../workspace.ts"
import { madeUpTree } from "./made-up-tree.ts"

/** What people import to do maths on tensors, without Effect. Grows with core's maths. */
const maths = ["chain", "invert", "makeKey"]

// Inside the workspace, so that imports resolve as they do for its packages.
const parent = join(workspaceRoot, "tooling/out")
beforeAll(() => mkdirSync(parent, { recursive: true }))

/** Bundles a module as an application would, and says which modules left code in it. */
const modulesIn = async (code: string): Promise<ReadonlyArray<string>> => {
  const root = madeUpTree({ "entry.js": code }, parent)
  const output = await build({
    root,
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["@pushforward/source", "module", "development|production"] },
    build: {
      write: false,
      minify: false,
      lib: { entry: join(root, "entry.js"), formats: ["es"], fileName: "bundle" },
      // Which TensorFlow.js packages come along is the reader's choice of backend.
      rolldownOptions: { external: [/^@tensorflow\//] },
    },
  })
  return ([output].flat() as ReadonlyArray<Rolldown.RolldownOutput>)
    .flatMap((bundle) => bundle.output)
    .flatMap((chunk) => (chunk.type === "chunk" ? Object.entries(chunk.modules) : []))
    .flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : []))
}

const ofEffect = (ids: ReadonlyArray<string>): ReadonlyArray<string> =>
  ids.filter((id) => id.includes("/node_modules/effect/"))

const core = join(workspaceRoot, "packages/core/src")

test.each(maths)(`%s of "@pushforward/core" bundles nothing of Effect`, async (name) => {
  const ids = await modulesIn(`export { ${name} } from "@pushforward/core"`)
  expect(ids.some((id) => id.startsWith(core))).toBe(true)
  expect(ofEffect(ids)).toEqual([])
})

test("the check can fail: a module that uses Effect brings it into the bundle", async () => {
  const ids = await modulesIn(
    `import { Effect } from "effect"\nexport const maths = (x) => Effect.runSync(Effect.succeed(x))\n`,
  )
  expect(ofEffect(ids)).not.toEqual([])
})
