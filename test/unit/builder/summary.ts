// A parsed Dockerfile without positions, for comparison with the result.json of a test case.
import type { Dockerfile } from '../../../src/builder/parser/parse.ts';

/** Fields that every instruction has, or that say where something stands. */
const LEFT_OUT = new Set(['range', 'keyword', 'original']);

export function summarize({ directives, instructions, warnings }: Dockerfile): unknown {
  return plain({
    directives,
    instructions,
    ...(warnings.length === 0 ? {} : { warnings: warnings.map(({ message }) => message) }),
  });
}

/** Words become their text; what is undefined, false or an empty list is left out. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 2 && 'text' in value && 'range' in value) return value.text;
  const kept = entries.filter(([key]) => !LEFT_OUT.has(key)).map(([key, item]) => [key, plain(item)] as const);
  return Object.fromEntries(kept.filter(([, item]) => !isNothing(item)));
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === false || (Array.isArray(value) && value.length === 0);
}
