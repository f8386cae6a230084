// "Did you mean": the nearest of a list of names by edit distance. Pure.
import { editDistance } from '../util/edit-distance.ts';

/** Names at most this many edits away are worth a guess; short words allow fewer. */
const MAX_DISTANCE = 2;

/** The nearest names, at most three; names that start with the word count as very near. */
export function nearestNames(word: string, names: Iterable<string>): readonly string[] {
  const limit = Math.min(MAX_DISTANCE, Math.max(1, Math.floor(word.length / 2)));
  const found: { readonly name: string; readonly distance: number }[] = [];
  for (const name of new Set(names)) {
    const distance = word.length >= 2 && name.startsWith(word) ? 0.5 : editDistance(word, name);
    if (distance <= limit) found.push({ name, distance });
  }
  found.sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name));
  const nearest = found.filter(({ distance }) => distance === found[0]?.distance);
  return nearest.slice(0, 3).map(({ name }) => name);
}
