// A signal to one process. Who sends it does not wait for it; who thaws the container does.
import { type SplitContext, settle } from './context.ts';
import type { Named } from './ends.ts';

export function signalProcess(context: SplitContext, { id, process }: Named, signal: number): void {
  const { containerd, signalled } = context;
  const settled = settle(context, `signal ${signal}`, containerd.call('tasks.kill', { id, process, signal }));
  signalled.set(id, settled);
  void settled.then(() => {
    if (signalled.get(id) === settled) signalled.delete(id);
  });
}
