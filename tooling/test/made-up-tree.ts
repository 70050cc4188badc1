import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { onTestFinished } from "vitest"
import { workspaceRoot } from "../workspace.ts"

/** For trees whose imports must resolve as they do in the workspace; ignored by git. */
export const insideWorkspace = join(workspaceRoot, "tooling/out")

/** Writes a tree of files into a fresh folder that goes away with the test; objects become JSON. */
export const madeUpTree = (
  files: Readonly<Record<string, string | object>>,
  parent: string = tmpdir(),
): string => {
  mkdirSync(parent, { recursive: true })
  const root = mkdtempSync(join(parent, "made-up-"))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(
      join(root, path),
      typeof content === "string" ? content : JSON.stringify(content, undefined, 2),
    )
  }
  return root
}
