import type { Node } from "../Graph.ts"

/** The number in every place of a constant, or undefined when there are several or none. */
export const uniform = ({ attributes: { values } }: Node<"Constant">): number | undefined => {
  const [first] = [values[0]]
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], first)) return undefined
  return first
}
