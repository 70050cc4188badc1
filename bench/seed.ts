/** The seed of everything random in our runs. */
export const seed = 0
