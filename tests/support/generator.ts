/** Seeded uniform numbers in [0, 1), so that tests draw nothing from Math.random. */
export { generator } from '../../src/theory/generator.ts';
