/**
 * What people see while a fit runs: a bar on standard error, or a line now and then where there is no terminal.
 */
import cliProgress from "cli-progress"
import { Effect, type Scope } from "effect"
import type { FitTableEvent } from "pushforward"

/** Shows events of a fit until the scope closes. */
export const showProgress: Effect.Effect<(event: FitTableEvent) => void, never, Scope.Scope> =
  Effect.acquireRelease(
    Effect.sync(() => {
      const bar = new cliProgress.SingleBar({
        stream: process.stderr,
        noTTYOutput: true,
        notTTYSchedule: 5000,
        hideCursor: true,
        clearOnComplete: false,
        format:
          "  {bar} {percentage}% · epoch {epoch} · train {train} · validation {validation} nats · {rate} rows/s · {left} left",
        barCompleteChar: "█",
        barIncompleteChar: "░",
        barsize: 24,
        forceRedraw: true,
      })
      let validation = "–"
      const show = (event: FitTableEvent): void => {
        switch (event._tag) {
          case "Notice":
            process.stderr.write(`Note: ${event.problem}. ${event.hint}\n`)
            return
          case "Recovered":
            process.stderr.write(
              `\nWent back to step ${count(event.backTo)} (${event.recoveries} of at most ${event.most} times): ` +
                `${event.problem}. The learning rate is multiplied by ${event.rateFactor} from here\n`,
            )
            return
          case "Started":
            process.stderr.write(
              `Fitting ${count(event.parameters)} parameters to ${count(event.rows)} rows ` +
                `(${count(event.validationRows)} for validation) on ${event.backend}: ` +
                `at most ${counted(event.epochs, "epoch")} of ${counted(event.stepsPerEpoch, "step")}, ${counted(event.batchSize, "row")} each\n`,
            )
            if (event.step > 0) {
              process.stderr.write(`Going on from the checkpoint after step ${count(event.step)}\n`)
            }
            bar.start(event.epochs * event.stepsPerEpoch, event.step, {
              epoch: 0,
              train: "–",
              validation,
              rate: "–",
              left: "–",
            })
            return
          case "Progress":
            bar.update(event.step, {
              epoch: event.epoch,
              train: event.trainLogLikelihood.toFixed(3),
              validation,
              rate: count(Math.round(event.rowsPerSecond)),
              left: `${Math.ceil(event.secondsLeft)} s`,
            })
            return
          case "EpochDone":
            validation = event.validationLogLikelihood.toFixed(3)
            bar.update({ validation })
            return
          case "Fitted":
            bar.stop()
        }
      }
      return { bar, show }
    }),
    ({ bar }) => Effect.sync(() => bar.stop()),
  ).pipe(Effect.map(({ show }) => show))

/** 12345 as 12,345. */
export const count = (n: number): string => n.toLocaleString("en-US")

/** 1 epoch, 2,000 epochs. */
export const counted = (n: number, noun: string): string =>
  `${count(n)} ${noun}${n === 1 ? "" : "s"}`
