/**
 * Turns an SVG picture into PNG bytes, with the font that ships with this package and no other.
 *
 * **When to use**
 *
 * Use in Node to save a picture. The renderer is loaded on the first call, so pages that only need SVG do not carry it.
 *
 * **Details**
 *
 * - `width`: of the PNG in pixels; else the SVG's own. Twice the SVG's width looks sharp on most screens.
 * - The same SVG gives the same bytes on every machine, also on one without fonts
 * - Rejects: `Error` when `svg` is not SVG
 *
 * **Example** (A small picture)
 *
 * ```ts
 * import { renderPng } from "@pushforward/plot"
 *
 * const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>`
 * const png = await renderPng(svg, { width: 8 })
 * png[1] // => 80
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const renderPng = async (
  svg: string,
  options: { readonly width?: number | undefined } = {},
): Promise<Uint8Array> => {
  const [{ createRequire }, { Resvg }] = await Promise.all([
    import("node:module"),
    import("@resvg/resvg-js"),
  ])
  const require = createRequire(import.meta.url)
  const fontFiles = ["DejaVuSans", "DejaVuSans-Bold"].map((name) =>
    require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`),
  )
  const picture = new Resvg(svg, {
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: "DejaVu Sans" },
    ...(options.width === undefined ? {} : { fitTo: { mode: "width", value: options.width } }),
  }).render()
  return new Uint8Array(picture.asPng())
}
