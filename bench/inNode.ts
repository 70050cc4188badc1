import { fileURLToPath } from "node:url"

/** The arguments by which Node runs a module of this folder from the packages' sources. */
export const inNode = (module: string): ReadonlyArray<string> => [
  "--conditions=@pushforward/source",
  fileURLToPath(new URL(module, import.meta.url)),
]
