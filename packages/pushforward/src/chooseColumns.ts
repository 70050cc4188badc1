import { type ColumnProfile, copiedShare, profileColumns, type Table } from "@pushforward/data"
import type { Notice } from "@pushforward/training"
import type { ColumnChoices } from "./Standardization.ts"

/** What is done about columns that are hard on a density. */
export interface ColumnOptions {
  /** Break ties with noise, so that they cannot drive the likelihood to infinity. Default true. */
  readonly breakTies?: boolean
  /** Compress the tails of columns whose farthest values are 50 spreads away or more. Default true. */
  readonly compressTails?: boolean
  /**
   * Take away what columns share in a linear way, so that a flow starts as a Gaussian. Default: where correlations tell
   * more about the rows than the columns' own shapes do.
   */
  readonly whiten?: boolean
}

/** From this reach on tails are compressed. Of a million normal values the farthest is 5 spreads away. */
const longReach = 50

/** Ties that matter: so many rows, so wide apart in deviations, or one value that so many have. */
const tied = { share: 0.05, spacing: 1e-4, commonest: 0.02 }

/** The least noise, in deviations, for a value that many rows have among others that are all different. */
const leastNoise = 0.01

/** What is chosen, and what is said about it. */
interface Chosen {
  readonly choices: ColumnChoices
  readonly notices: ReadonlyArray<Notice>
}

/** Chooses for each column that the training rows are conditioned on whether its tails are compressed, and says so. */
export const chooseContext = (table: Table, options: ColumnOptions): Chosen =>
  chooseTails(profileColumns(table), options)

const chooseTails = (
  profiles: ReadonlyArray<ColumnProfile>,
  { compressTails = true }: ColumnOptions,
): Chosen => {
  const far = profiles.map((profile) => (profile.reach >= longReach ? profile : undefined))
  const tails = far.map((profile) =>
    compressTails && profile ? { center: profile.median, width: profile.spread } : null,
  )
  return {
    choices: tails.some((tail) => tail !== null) ? { tails } : {},
    notices: told(
      far.filter((profile) => profile !== undefined),
      (names, [first]) => ({
        about: "HeavyTails",
        problem:
          `${names} ${verb(far, "has", "have")} values far out: in ${quoted(first!.name)} up to ` +
          `${first!.reach.toPrecision(2)} spreads from the median ${first!.median.toPrecision(4)}`,
        hint: compressTails
          ? "Their tails are compressed by an asinh, inside the density. If these values are mistakes, remove them"
          : "Leave compressTails on, choose a base distribution with heavy tails, or remove the values if they are mistakes",
      }),
    ),
  }
}

/**
 * Chooses for each column of the training rows whether its tails are compressed and its ties broken, and says so.
 */
export const chooseColumns = (table: Table, options: ColumnOptions): Chosen => {
  const { breakTies = true } = options
  const profiles = profileColumns(table)
  const far = chooseTails(profiles, options)
  const { tails } = far.choices
  const noise = profiles.map((profile, j) => tieNoise(profile, tails?.[j]?.width))
  return {
    choices: {
      ...far.choices,
      ...(breakTies &&
        noise.some((spacing) => spacing !== undefined) && {
          ties: profiles.map(({ lattice, commonest, spacing }, j) =>
            noise[j] === undefined
              ? null
              : {
                  noise: noise[j],
                  lattice: lattice ? { origin: commonest.value, step: spacing } : null,
                },
          ),
        }),
    },
    notices: [
      ...far.notices,
      ...told(
        profiles.filter((_, j) => noise[j] !== undefined),
        (names, [first]) => ({
          about: "Ties",
          problem:
            `${names} ${verb(noise, "has", "have")} ties: in ${quoted(first!.name)} ${percent(first!.tiedShare)} of the rows ` +
            `share their value with others, ${percent(first!.commonest.share)} are ${first!.commonest.value}`,
          hint: breakTies
            ? `While training, noise breaks them (${quoted(first!.name)} by ±${(noise[profiles.indexOf(first!)]! / 2).toPrecision(2)}); scores stay in your units`
            : "A density of ties grows without bound: leave breakTies on, or leave these columns out",
        }),
      ),
    ],
  }
}

/** Says what is worth knowing of the training rows as a whole. */
export const lookAtRows = (table: Table): ReadonlyArray<Notice> => [...copies(table), ...few(table)]

/** How wide the noise on a column is: the spacing of its ties; `undefined` when they do no harm. */
const tieNoise = (
  { tiedShare, commonest, spacing, deviation, spread }: ColumnProfile,
  tailWidth: number | undefined,
): number | undefined => {
  // The deviation of heavy tails is that of the outliers.
  const size = tailWidth === undefined ? deviation : spread
  const piled = commonest.share >= tied.commonest
  if (tiedShare < tied.share && !piled) return undefined
  if (spacing < tied.spacing * size && !piled) return undefined
  return piled ? Math.max(spacing, leastNoise * size) : spacing
}

const copies = (table: Table): ReadonlyArray<Notice> => {
  const share = copiedShare(table)
  return share < 0.2
    ? []
    : [
        {
          _tag: "Notice",
          about: "Copies",
          problem: `${percent(share)} of the rows are exact copies of others`,
          hint: "Held-out rows then have copies among the training rows, and their score flatters: remove the copies if they are mistakes",
        },
      ]
}

const few = ({ rows, columns }: Table): ReadonlyArray<Notice> =>
  rows >= 5 * columns.length
    ? []
    : [
        {
          _tag: "Notice",
          about: "FewRows",
          problem: `${rows} rows are few for ${columns.length} columns`,
          hint: "Expect little more than the columns one by one: leave columns out, or add rows",
        },
      ]

const told = (
  profiles: ReadonlyArray<ColumnProfile>,
  words: (names: string, profiles: ReadonlyArray<ColumnProfile>) => Omit<Notice, "_tag">,
): ReadonlyArray<Notice> => {
  if (profiles.length === 0) return []
  const names = profiles.slice(0, 5).map(({ name }) => quoted(name))
  const rest = profiles.length - names.length
  const listed = `${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`
  return [
    {
      _tag: "Notice",
      ...words(`${profiles.length === 1 ? "column" : "columns"} ${listed}`, profiles),
      columns: profiles.map(({ name }) => name),
    },
  ]
}

const quoted = (name: string): string => JSON.stringify(name)
const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`
const verb = (list: ReadonlyArray<unknown>, one: string, more: string): string =>
  list.filter((item) => item !== undefined).length === 1 ? one : more
