/** How the cards of a section share its rows. Pure. */

/** Columns of the grid behind the cards: divisible by one to four cards in a row. */
export const GRID_COLUMNS = 12;
/** Narrowest card, in pixels. */
const CARD_WIDTH = 372;
const MAX_CARDS_PER_ROW = 4;

/** How many cards fit side by side. */
export function cardsPerRow(width: number): number {
  return Math.min(MAX_CARDS_PER_ROW, Math.max(1, Math.floor(width / CARD_WIDTH)));
}

/** Grid columns per card, so that every row is full and no row has many more cards than another. */
export function cardSpans(cards: number, perRow: number): number[] {
  const rows = Math.ceil(cards / perRow);
  return Array.from({ length: rows }, (_, row) => {
    const inRow = Math.floor(cards / rows) + (row < cards % rows ? 1 : 0);
    return new Array<number>(inRow).fill(GRID_COLUMNS / inRow);
  }).flat();
}
