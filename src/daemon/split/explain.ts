// A start in the split architecture, explained: the runtime behind containerd and the shim is asked for its account by an annotation of the
// bundle, and it is taken up in the step in which it was made. A runtime of others leaves none.
import { EXPLAIN_ANNOTATION, monotonic, readRelayed } from '../../runtime/explain/relay.ts';
import type { StartWatch } from '../../runtime/narration.ts';
import type { Spec } from '../../runtime/spec.ts';
import type { Containerd } from './containerd.ts';

export function withExplanation(spec: Spec, { begin }: Pick<StartWatch, 'begin'>): Spec {
  return { ...spec, annotations: { ...spec.annotations, [EXPLAIN_ANNOTATION]: String(monotonic(begin)) } };
}

export interface ExplainedCreate<T> {
  readonly containerd: Pick<Containerd, 'call'>;
  /** The bundle. */
  readonly directory: string;
  readonly make: () => Promise<T>;
}

export async function explainCreate<T extends { readonly shim: number }>(
  watch: StartWatch,
  { containerd, directory, make }: ExplainedCreate<T>,
): Promise<T> {
  const { pid } = await containerd.call('version', {});
  const asked = 'starts a shim and asks it for the runtime, in a line each over sockets';
  watch.tell({ topic: 'hop', data: { program: 'tsker containerd', pid, text: asked } });
  try {
    const created = await make();
    const text = 'keeps the streams, has the runtime create the container, and is its parent from then on';
    watch.tell({ topic: 'hop', data: { program: 'tsker-shim', pid: created.shim, text } });
    return created;
  } finally {
    watch.relay(readRelayed(directory));
  }
}
