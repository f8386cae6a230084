// What tsker's own routes about starts ask for: finds the container, calls the verb. It decides nothing.
import type { ExplainBackend } from '../../api/explain/backend.ts';
import type { ExecStore } from '../exec/store.ts';
import { peekAtContainer } from '../xray/peek.ts';
import { type XrayDependencies, xrayContainer } from '../xray/xray.ts';
import { listenToExec } from './exec.ts';
import { type ExplainDependencies, explainStart } from './start.ts';

export function explainService(
  dependencies: ExplainDependencies & XrayDependencies & { readonly execs: Pick<ExecStore, 'get'> },
): ExplainBackend {
  const { containers, execs, stepped } = dependencies;
  return {
    startExplained: async (reference, options) => explainStart(dependencies, containers.resolve(reference), options),
    listenToExec: (id) => listenToExec(execs.get(id)),
    step: (reference, action) => {
      const { id } = containers.resolve(reference);
      stepped.of(id, reference).act(action);
    },
    peek: (reference) => peekAtContainer(dependencies, containers.resolve(reference)),
    xray: async (reference) => xrayContainer(dependencies, containers.resolve(reference)),
  };
}
