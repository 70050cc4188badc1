import { createRequire } from "node:module"
import { expect, test } from "vitest"

const platformPackage = `node-${process.platform}-${process.arch}/package.json`

const installedVersion = (): string | undefined => {
  try {
    return (createRequire(import.meta.url)(platformPackage) as { readonly version: string }).version
  } catch {
    return undefined
  }
}

// When its automatic install fails, pnpm only warns and goes on with the machine's own Node.
test("the tests run on the workspace's own Node where it has one", () => {
  const version = installedVersion()
  expect(process.versions.node).toBe(version ?? process.versions.node)
  expect(Number(process.versions.node.split(".")[0])).toBeGreaterThanOrEqual(
    version === undefined ? 22 : 24,
  )
})
