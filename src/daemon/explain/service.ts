// What tsker's own routes about starts ask for: finds the container, calls the verb. It decides nothing.
import type { ExplainBackend } from '../../api/explain/backend.ts';
import { type ExplainDependencies, explainStart } from './start.ts';

export function explainService(dependencies: ExplainDependencies): ExplainBackend {
  const { containers, stepped } = dependencies;
  return {
    startExplained: async (reference, options) => explainStart(dependencies, containers.resolve(reference), options),
    step: (reference, action) => {
      const { id } = containers.resolve(reference);
      stepped.of(id, reference).act(action);
    },
  };
}
