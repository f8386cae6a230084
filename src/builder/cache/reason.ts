// Why a step was not taken from the cache: what differs from the nearest step of the same instruction. Pure.
import type { StepInputs } from '../host.types.ts';

/** How many files are named. */
const NAMED = 3;

/** `before` are earlier steps of the same instruction, the latest first. */
export function missReason(inputs: StepInputs, before: readonly StepInputs[]): string {
  const sameParent = before.find(({ parent }) => parent === inputs.parent);
  const nearest = sameParent ?? before[0];
  if (nearest === undefined) return 'it was never built';
  const changes = [...argChanges(inputs, nearest), ...fileChanges(inputs, nearest)];
  if (changes.length > 0) return changes.join(', ');
  if (sameParent === undefined) return 'what it stands on changed';
  return 'its layers are gone';
}

function argChanges(now: StepInputs, before: StepInputs): string[] {
  const names = new Set([...Object.keys(before.args), ...Object.keys(now.args)]);
  return [...names].filter((name) => now.args[name] !== before.args[name]).map((name) => `argument ${name} changed`);
}

function fileChanges(now: StepInputs, before: StepInputs): string[] {
  const changes: string[] = [];
  for (const [path, digest] of Object.entries(now.files)) {
    const old = before.files[path];
    if (old === undefined) changes.push(`file ${path} is new`);
    else if (old !== digest) changes.push(`file ${path} changed`);
  }
  for (const path of Object.keys(before.files)) {
    if (now.files[path] === undefined) changes.push(`file ${path} is gone`);
  }
  if (changes.length <= NAMED) return changes;
  return [...changes.slice(0, NAMED), `and ${changes.length - NAMED} more files`];
}
