/**
 * A callback for `fit`: from now on Ctrl-C ends training after the step that is running, so that what was learned can
 * still be shown; a second Ctrl-C ends the program.
 */
export function stopAtInterrupt(model: { stopTraining: boolean }) {
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt);
  return {
    onBatchEnd(): void {
      if (interrupted) model.stopTraining = true;
    },
    onTrainEnd(): void {
      process.removeListener('SIGINT', interrupt);
    },
  };
}
