import { join } from "node:path"
import { build, type Rolldown } from "vite"
import { expect, test } from "vitest"
import { workspaceRoot } from "../workspace.ts"
import { insideWorkspace, madeUpTree } from "./made-up-tree.ts"

/** What people import to do maths on tensors, without Effect. Grows with core's maths. */
const maths = [
  "chain",
  "invert",
  "block",
  "concat",
  "stack",
  "masked",
  "inline",
  "makeBijector",
  "constraints",
  "interiorPoint",
  "requireEvent",
  "instantiate",
  "flattenParams",
  "unflattenParams",
  "makeKey",
  "splitKey",
  "randomUniform",
  "randomNormal",
]

/** Bundles a module as an application would, and says which modules left code in it. */
const modulesIn = async (code: string): Promise<ReadonlyArray<string>> => {
  const root = madeUpTree({ "entry.js": code }, insideWorkspace)
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

test("core's maths bundles nothing of Effect", async () => {
  const ids = await modulesIn(`export { ${maths.join(", ")} } from "@pushforward/core"`)
  expect(ids.some((id) => id.startsWith(core))).toBe(true)
  if (ofEffect(ids).length === 0) return
  // One by one, only to say which of them it is.
  const guilty: Array<string> = []
  for (const name of maths) {
    const alone = await modulesIn(`export { ${name} } from "@pushforward/core"`)
    if (ofEffect(alone).length > 0) guilty.push(name)
  }
  expect(guilty, "these bring Effect along; move the import to a module of its own").toEqual([])
  expect(ofEffect(ids)).toEqual([])
})

test("what is built on Effect does bring it, so the check above can fail", async () => {
  expect(ofEffect(await modulesIn(`export { Registry } from "@pushforward/core"`))).not.toEqual([])
})
