// "Did you mean": the nearest of a list of names by edit distance. Pure.

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

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + same,
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
