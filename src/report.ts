/** Prints each sentence once, to stderr. */
export function onceEach(): (sentence: string) => void {
  const told = new Set<string>();
  return (sentence) => {
    if (told.has(sentence)) return;
    told.add(sentence);
    console.warn(`classwatch: ${sentence}`);
  };
}
