/**
 * The picture of a masked network in the README of `@pushforward/made`: an autoencoder, drawn masks, and what they keep.
 *
 *   node --conditions=@pushforward/source examples/made/masks.ts [FILE]
 */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { makeKey } from "@pushforward/core"
import { masksOf, structure } from "@pushforward/made"
import { networkPlot, renderPng } from "@pushforward/plot"

const picture = fileURLToPath(new URL("../../docs/images/made-masks.png", import.meta.url))
const [file = picture] = process.argv.slice(2)

const of = structure(
  { size: 4, hidden: [6, 6], order: "random", connectivity: "random" },
  makeKey(39),
)
const { levels } = of.dependencies
const svg = networkPlot({
  title: "A masked autoencoder",
  subtitle:
    "In each unit its degree: a hidden unit sees inputs up to its own, an output only lower ones",
  units: [levels, ...of.hidden, levels],
  masks: masksOf(of),
})
writeFileSync(file, await renderPng(svg, { width: 1500 }))
console.log(file)
