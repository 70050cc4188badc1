/**
 * Packs every package that is published and asks publint and "are the types wrong" about the tarball: what
 * is checked is what people install, with `workspace:` ranges already replaced.
 *
 *   node tooling/check-packages.ts
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buildAndPack } from "./pack.ts"
import { mapConcurrently, readPackages, run, workspaceRoot } from "./workspace.ts"

const bin = join(workspaceRoot, "node_modules/.bin")
const checks = [
  ["publint", ["--strict"]],
  // @types packages are looked up in the registry; these packages bring their own types.
  ["attw", ["--profile", "esm-only", "--no-definitely-typed", "--no-emoji"]],
] as const

const destination = mkdtempSync(join(tmpdir(), "pushforward-check-"))
try {
  const packages = readPackages(workspaceRoot).filter((p) => p.manifest.private !== true)
  const tarballs = await buildAndPack(packages, destination)
  const failed = await mapConcurrently(tarballs, 2, async (tarball) => {
    const results = await mapConcurrently(checks, 1, async ([tool, args]) => ({
      tool,
      ...(await run(join(bin, tool), [...args, tarball])),
    }))
    const bad = results.filter(({ code }) => code !== 0)
    for (const { tool, output } of bad) console.error(`${tool} ${tarball}\n${output}`)
    return bad.length
  })
  const total = failed.reduce((sum, count) => sum + count, 0)
  console.log(`packages: ${packages.length} packed and checked, ${total} complaints`)
  process.exitCode = total === 0 && packages.length > 0 ? 0 : 1
} catch (error) {
  // A package that does not build or pack; its own output says the rest.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(destination, { recursive: true, force: true })
}
