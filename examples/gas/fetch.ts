/**
 * Fetches the gas sensors of the UCI repository, `ethylene_CO.txt`, into `out/gas`: 350 MB, twice as much unpacked.
 *
 *   node --conditions=@pushforward/source examples/gas/fetch.ts
 *
 * Needs a network and `unzip`. The data: Fonollosa et al., "Reservoir computing compensates slow response of chemosensor
 * arrays exposed to fast varying gas concentrations in continuous monitoring", Sensors and Actuators B, 2015.
 */
import { execFileSync } from "node:child_process"
import { createWriteStream, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { gasTable } from "./gasTable.ts"

const address = "https://archive.ics.uci.edu/ml/machine-learning-databases/00322/data.zip"
const [folder, name] = [join("out", "gas"), "ethylene_CO.txt"]

mkdirSync(folder, { recursive: true })
const [archive, file] = [join(folder, "data.zip"), join(folder, name)]
console.log(`fetching ${address}`)
const response = await fetch(address)
if (!response.ok || response.body === null) {
  throw new Error(
    `${address} answered ${response.status}. Look for "Gas sensor array under dynamic gas mixtures" at ` +
      `archive.ics.uci.edu, and put ${name} in ${folder}.`,
  )
}
await pipeline(response.body, createWriteStream(archive))
execFileSync("unzip", ["-o", "-j", archive, `*${name}`, "-d", folder], { stdio: "inherit" })
rmSync(archive)
const { rows } = await gasTable(file)
console.log(`${file}: ${rows} rows. The post has 4,208,261.`)
