// What tsker's own routes about starts ask for: finds the container, calls the verb. It decides nothing.
import type { ExplainBackend } from '../../api/explain/backend.ts';
import { peekAtContainer } from '../xray/peek.ts';
import { type XrayDependencies, xrayContainer } from '../xray/xray.ts';
import { type ExplainDependencies, explainStart } from './start.ts';

export function explainService(dependencies: ExplainDependencies & XrayDependencies): ExplainBackend {
  const { containers, stepped } = dependencies;
  return {
    startExplained: async (reference, options) => explainStart(dependencies, containers.resolve(reference), options),
    step: (reference, action) => {
      const { id } = containers.resolve(reference);
      stepped.of(id, reference).act(action);
    },
    peek: (reference) => peekAtContainer(dependencies, containers.resolve(reference)),
    xray: async (reference) => xrayContainer(dependencies, containers.resolve(reference)),
  };
}
