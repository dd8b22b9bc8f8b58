/** One line on the terminal that says how far training is and how long it will take. */

const REWRITE_EVERY = 250;
const PRINT_EVERY = 5000;

/** What the line needs of an output stream; `process.stdout` has it. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A callback for `fit` that shows step, epoch, loss and the time left: in place on a terminal, else every 5 seconds. */
export function progress(totalSteps: number, stepsPerEpoch: number, terminal: Terminal = process.stdout) {
  const started = Date.now();
  const pause = terminal.isTTY ? REWRITE_EVERY : PRINT_EVERY;
  let step = 0;
  let printed = started;
  const print = (loss: number | undefined) => {
    printed = Date.now();
    const left = ((printed - started) / step) * (totalSteps - step);
    const epochs = `epoch ${Math.ceil(step / stepsPerEpoch)}/${Math.ceil(totalSteps / stepsPerEpoch)}`;
    const text = `step ${step}/${totalSteps}, ${epochs}, loss ${loss?.toFixed(3) ?? '?'}, ${duration(left)} left`;
    // The cursor goes back to the start of the line, so that whatever is printed next takes its place.
    terminal.write(terminal.isTTY ? `${text}\x1b[K\r` : `${text}\n`);
  };
  return {
    onBatchEnd(_batch: number, logs?: { loss?: number }): void {
      step++;
      if (Date.now() - printed >= pause) print(logs?.loss);
    },
    onTrainEnd(): void {
      if (terminal.isTTY) terminal.write('\x1b[K');
    },
  };
}

/** Milliseconds as "45 s" or "3 min 20 s". */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
