// "Did you mean": as in BuildKit the first of the nearest names fewer than three edits away, but never one of which not
// a letter would be left.
import { editDistance } from '../../util/edit-distance.ts';

const TOO_FAR = 3;
const LEVENSHTEIN = { swap: 2 };

export function nearest(word: string, names: readonly string[]): string | undefined {
  if (names.includes(word)) return undefined;
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= TOO_FAR) continue;
    const distance = editDistance(word, name, LEVENSHTEIN);
    if (distance < Math.min(best?.distance ?? TOO_FAR, Math.max(name.length, 2))) best = { name, distance };
  }
  return best?.name;
}
