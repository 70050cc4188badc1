import { readFileSync } from "node:fs"
import { join } from "node:path"
import { mapConcurrently, run, workspaceRoot, type Package } from "./workspace.ts"

/** The pnpm that runs this script, or the workspace's own by way of npx when Node was started directly. */
const pnpm = async (): Promise<readonly [command: string, ...args: ReadonlyArray<string>]> => {
  if ((await run("pnpm", ["--version"])).code === 0) return ["pnpm"]
  const { packageManager } = JSON.parse(
    readFileSync(join(workspaceRoot, "package.json"), "utf8"),
  ) as { readonly packageManager: string }
  return ["npx", "--yes", packageManager]
}

/** Builds packages, then packs them as they would be published; paths in the order given. */
export const buildAndPack = async (
  packages: ReadonlyArray<Package>,
  destination: string,
): Promise<ReadonlyArray<string>> => {
  const tsc = join(workspaceRoot, "node_modules/.bin/tsc")
  const built = await run(tsc, ["-b", ...packages.map((p) => p.dir)])
  if (built.code !== 0) throw new Error(`tsc -b failed:\n${built.output}`)
  const [command, ...args] = await pnpm()
  return mapConcurrently(packages, 2, async ({ dir, manifest }) => {
    // Named here, since pnpm's own name for a tarball holds the version.
    const path = join(destination, `${manifest.name.replace("@", "").replace("/", "-")}.tgz`)
    const { code, output } = await run(command, [...args, "pack", "--out", path], { cwd: dir })
    if (code !== 0) throw new Error(`pnpm pack of ${manifest.name} failed:\n${output}`)
    return path
  })
}
