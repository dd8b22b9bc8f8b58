import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'top-share',
  help: 'Share of the guesses that the most guessed class has. 1/C if the guesses are even. An untrained network usually lies above it, with many ReLU layers far above (Francazi, Lucchi, Baity-Jesi: Initial Guessing Bias, ICML 2024). That is no fault by itself, networks that train well often begin so: what matters is whether it falls towards the true share of the commonest class within the first epochs.',
  axes: [],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Top share of the guesses',
      chart: 'line',
      series: 'Evaluation mode',
      bounds: [0, 1],
    },
  ],
  measure: ({ guesses }) => guesses?.topShare ?? null,
});
