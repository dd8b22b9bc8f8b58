/** The type of every canvas: the page's own, in pixels. */
export const FONT = { family: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif', size: 11 };
