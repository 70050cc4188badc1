import { Effect } from "effect"

/** SVG as PNG bytes, 1720 pixels wide. The renderer is loaded only when a picture is made. */
export const renderPicture = (svg: string): Effect.Effect<Uint8Array> =>
  Effect.promise(async () => (await import("@pushforward/plot")).renderPng(svg, { width: 1720 }))
