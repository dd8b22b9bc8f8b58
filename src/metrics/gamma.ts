import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'gamma',
  help: 'How much the output nodes differ in their means, compared with how much each varies from example to example: variance over nodes of the mean, over the mean variance, less 1/D for D examples (Francazi, Lucchi, Baity-Jesi: Initial Guessing Bias, ICML 2024). Of the logits; where the outputs are probabilities, of their logarithms, each example centred. Before training 0 is neutral; above 1 lopsided guesses are likelier than even ones (of two classes). One ReLU layer gives about 0.5, every further one more. A large value is no fault by itself: what matters is whether it falls in the first epochs. It is an estimate: C nodes leave a relative error of about sqrt(2/C), and it may lie below 0.',
  axes: [],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [{ group: 'Initial guesses', title: 'Gamma of the outputs', chart: 'line', series: 'Evaluation mode' }],
  measure: ({ guesses }) => guesses?.gamma ?? null,
});
