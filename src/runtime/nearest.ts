// The nearest name in a list, for "did you mean". Pure.
import { editDistance } from '../util/edit-distance.ts';

/** The name within a third of its length in edits; undefined when nothing is near. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  const most = Math.max(1, Math.floor(wanted.length / 3));
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) > most) continue;
    const distance = editDistance(wanted, name);
    if (distance <= most && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}
