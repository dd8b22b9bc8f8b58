/** Classes that a sentence names before it counts the others. */
const NAMED = 5;
/** Characters of a name in a sentence. */
const LENGTH = 40;

/** Classes as a person lists them: "cat", "dog" and "eel"; of many the first five. */
export function quoted(classes: readonly number[], classNames: readonly string[]): string {
  const names = classes.slice(0, NAMED).map((c) => `"${cut(classNames[c] ?? String(c))}"`);
  const rest = classes.length - names.length;
  if (rest > 0) return `${names.join(', ')} and ${rest} more`;
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const cut = (name: string) => (name.length > LENGTH ? `${name.slice(0, LENGTH - 1)}…` : name);
