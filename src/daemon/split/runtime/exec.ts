// Another process in a container, by way of containerd.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { during } from '../../../runtime/narration.ts';
import type { ContainerProcess, ExecRequest } from '../../../runtime/runtime.ts';
import { processSpec } from '../bundle.ts';
import { explainExec, withExecExplanation } from '../explain.ts';
import { explainRuntime } from '../failure.ts';
import { SPLIT_STEPS } from '../steps.ts';
import { streamPaths } from '../stream-paths.ts';
import { bundleFacts, type Container, type SplitContext } from './context.ts';
import { processOf } from './process.ts';

export async function execInTask(
  context: SplitContext,
  { id, container, request }: { readonly id: string; readonly container: Container; readonly request: ExecRequest },
): Promise<ContainerProcess> {
  const { containerd, directories, ends, local } = context;
  const { spec, rootfs } = container;
  const { process, stdio, watch } = request;
  const named = { id, process: request.name ?? `e${randomBytes(8).toString('hex')}` };
  const size = 'terminal' in stdio ? stdio : undefined;
  const userNamespace = spec.linux.namespaces.some(({ type }) => type === 'user');
  const wanted = processSpec({ process, terminal: size !== undefined, size, userNamespace }, bundleFacts(context, id));
  const exited = ends.expect(named);
  try {
    const asked = watch === undefined ? wanted : withExecExplanation(wanted, watch);
    const make = () => containerd.call('tasks.exec', { ...named, spec: asked, ...streamPaths(stdio) });
    const processFile = join(directories.of(id), `${named.process}.json`);
    const { pid } = await during(watch, SPLIT_STEPS.exec, () =>
      watch === undefined ? make() : explainExec(watch, { container, processFile, make }),
    );
    return processOf(context, { ...named, pid, exited, sockets: [] });
  } catch (error) {
    ends.drop(named);
    throw explainRuntime({ error, roots: local.roots, kind: 'exec', rootfs, process });
  }
}
