// Keeps the size of the terminal of a container or an exec the same as ours.
import type { ApiClient } from '../../client/client.ts';
import type { Output } from '../io.ts';

/** `path` is its `resize`. Sends the size now and after every change; the answer stops it. Does nothing when the output is no terminal. */
export function followSize(client: ApiClient, path: string, output: Output): () => void {
  if (output.isTTY !== true) return () => undefined;
  const send = (): void => {
    const query = { h: output.rows, w: output.columns };
    // The container may have ended between our terminal's change and now: its terminal is gone, and nothing is wrong.
    client.send('POST', path, { query }).catch(() => undefined);
  };
  send();
  output.on('resize', send);
  return () => output.off('resize', send);
}
