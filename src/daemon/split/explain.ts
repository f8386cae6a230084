// A start and an exec in the split architecture, explained: the runtime behind containerd and the shim is asked for its account, and that is
// taken up in the step in which it was made. A runtime of others leaves none.
import { join } from 'node:path';
import {
  CREATE_FILE,
  EXPLAIN_ANNOTATION,
  execFile,
  monotonicOffset,
  takeRelayed,
} from '../../runtime/explain/relay.ts';
import { type JoinedContainer, joinedFact } from '../../runtime/joined.ts';
import type { StartWatch } from '../../runtime/narration.ts';
import type { Process, Spec } from '../../runtime/spec.ts';
import type { Containerd } from './containerd.ts';

export function withExplanation(spec: Spec, { begin }: Pick<StartWatch, 'begin'>): Spec {
  return { ...spec, annotations: { ...spec.annotations, [EXPLAIN_ANNOTATION]: String(monotonicOffset() + begin) } };
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
    watch.relay(takeRelayed(join(directory, CREATE_FILE)));
  }
}

/** Members that the standard does not know are passed over by other runtimes. */
export function withExecExplanation(process: Process, { begin }: Pick<StartWatch, 'begin'>): Process {
  return Object.assign({ ...process }, { [EXPLAIN_ANNOTATION]: monotonicOffset() + begin });
}

export interface ExplainedExec<T> {
  readonly container: JoinedContainer;
  /** Where containerd has put the process. */
  readonly processFile: string;
  readonly make: () => Promise<T>;
}

export async function explainExec<T>(
  watch: StartWatch,
  { container, processFile, make }: ExplainedExec<T>,
): Promise<T> {
  try {
    return await make();
  } finally {
    const lines = takeRelayed(execFile(processFile));
    if (lines.length === 0) watch.tell({ topic: 'joined', data: joinedFact(container) });
    else watch.relay(lines);
  }
}
