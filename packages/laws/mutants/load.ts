/**
 * Imports a mutated copy of the workspace: one file's text is replaced while Node loads it. Nothing is written to disk,
 * so nothing has to be cleaned up.
 */
import { readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { fileURLToPath, pathToFileURL } from "node:url"

const packages = new URL("../../", import.meta.url)

interface Replacement {
  readonly url: string
  readonly find: string
  readonly replace: string
}

const replacements = new Map<string, Replacement>()

const copyOf = (url: string | undefined): string | undefined =>
  url === undefined ? undefined : (new URL(url).searchParams.get("mutant") ?? undefined)

const isOurs = (url: string): boolean =>
  url.startsWith(packages.href) && url.includes("/src/") && !url.includes("/node_modules/")

registerHooks({
  resolve: (specifier, context, next) => {
    const copy = copyOf(context.parentURL?.startsWith("file:") ? context.parentURL : undefined)
    const resolved = next(specifier, context)
    return copy !== undefined && isOurs(resolved.url)
      ? { ...resolved, url: `${resolved.url}?mutant=${copy}` }
      : resolved
  },
  load: (url, context, next) => {
    const copy = copyOf(url.startsWith("file:") ? url : undefined)
    const replacement = copy === undefined ? undefined : replacements.get(copy)
    const loaded = next(url, context)
    if (replacement === undefined || url.split("?")[0] !== replacement.url) return loaded
    const source =
      typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source)
    return { ...loaded, source: source.replace(replacement.find, () => replacement.replace) }
  },
})

/** How often `find` stands in a file, its path relative to `packages/`. */
export const occurrences = (file: string, find: string): number =>
  readFileSync(fileURLToPath(new URL(file, packages)), "utf8").split(find).length - 1

/** Imports a module of the workspace, itself and all that it imports of ours being a copy with one file changed. */
export const importMutated = async <A>(
  id: string,
  module: string,
  {
    file,
    find,
    replace,
  }: { readonly file: string; readonly find: string; readonly replace: string },
): Promise<A> => {
  replacements.set(id, { url: new URL(file, packages).href, find, replace })
  return (await import(
    `${pathToFileURL(fileURLToPath(new URL(module, packages))).href}?mutant=${id}`
  )) as A
}
