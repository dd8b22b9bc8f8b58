/** One sentence above the charts where there is nothing to draw, or something is wrong. */
import { element, setText } from './dom.ts';
import type { PageState } from './state.ts';

export class Message {
  readonly root = element('p', { class: 'message-bar', role: 'status' });

  draw(state: PageState): void {
    const text = messageOf(state);
    setText(this.root, text ?? '');
    this.root.hidden = text === null;
  }
}

/** What to tell; null: nothing. */
export function messageOf({ connection, error, run, runs, loaded, history }: PageState): string | null {
  switch (connection.phase) {
    case 'denied':
      return 'This browser has no access any more. Open the link that the training script or `classwatch serve` printed.';
    case 'outdated':
      return 'The server speaks another version than this page. Reload the page; if that does not help, update classwatch on both sides.';
    case 'connecting':
      return loaded || run !== null ? null : 'Connecting to the server …';
    default:
  }
  if (error !== null) return error;
  if (runs.length === 0 && run === null) return 'No run yet. It appears here as soon as a training script starts one.';
  if (run !== null && !loaded) return connection.phase === 'open' ? 'Loading the run …' : null;
  return history.metrics.size === 0 ? 'The run has not declared anything to draw yet.' : null;
}
