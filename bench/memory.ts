/**
 * The most memory that an engine holds while it trains on a million rows.
 */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "vite"
import type { Configuration } from "./configurations.ts"
import type { Engine } from "./Engine.ts"
import { engines, own } from "./engines.ts"
import { startEngine } from "./startEngine.ts"

export interface Memory {
  readonly engine: string
  readonly bytes: number
}

/** The GAS flow with a million rows resident. */
export const millionRows: Configuration = {
  name: "GAS, 1,000,000 rows",
  size: 8,
  layers: 10,
  hidden: [100, 100],
  batchNorm: true,
  batch: 1000,
  steps: 1000,
  programs: ["train"],
  rows: 1,
}

/** Ours, and the one to stay below. */
export const measured = engines.filter(
  ({ library, settings }) =>
    library === "onnx" || (library === "pytorch" && settings.threads === 1),
)

/** Bundles `millionRows.ts` as an application is, without the native library. Gives the script. */
const bundled = async (): Promise<string> => {
  const folder = fileURLToPath(new URL("../node_modules/.cache/pushforward-bench", import.meta.url))
  await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@pushforward/source", "node"] },
    ssr: {
      noExternal: true,
      external: ["onnxruntime-node", "onnxruntime-web"],
      resolve: { conditions: ["@pushforward/source", "node"] },
    },
    build: {
      ssr: fileURLToPath(new URL("millionRows.ts", import.meta.url)),
      outDir: folder,
      emptyOutDir: true,
      target: "node22",
    },
  })
  return join(folder, "millionRows.js")
}

/** The most memory of our engine in an application, where only what is used of the packages is loaded. */
const ownPeak = async (): Promise<number> => {
  const { stdout } = spawnSync(process.execPath, [await bundled(), JSON.stringify(millionRows)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  })
  return Number(stdout)
}

/** Trains on a million rows in a fresh process and asks it. */
export const peakMemory = async (engine: Engine): Promise<Memory> => {
  if (engine === own) return { engine: `${engine.name}, bundled`, bytes: await ownPeak() }
  const { time, peakMemory: peak, stop } = await startEngine(engine, millionRows)
  await time("train")
  const bytes = await peak()
  await stop()
  return { engine: engine.name, bytes }
}

export const printMemory = ({ engine, bytes }: Memory): void =>
  console.log(`${millionRows.name}, ${engine}: at most ${(bytes / 2 ** 20).toFixed(0)} MiB`)
