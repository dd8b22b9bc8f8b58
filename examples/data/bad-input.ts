/** What a user gave cannot be used. The message is one sentence: what was expected, what came, what to do. */
export class BadInput extends Error {
  override readonly name = 'BadInput';
}
