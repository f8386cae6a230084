// "Did you mean": as in BuildKit the first of the nearest names fewer than three edits away, but never one of which not
// a letter would be left.

const TOO_FAR = 3;

export function nearest(word: string, names: readonly string[]): string | undefined {
  if (names.includes(word)) return undefined;
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= TOO_FAR) continue;
    const distance = editDistance(word, name);
    if (distance < Math.min(best?.distance ?? TOO_FAR, Math.max(name.length, 2))) best = { name, distance };
  }
  return best?.name;
}

/** Insertions, deletions and replacements (Levenshtein). */
function editDistance(from: string, to: string): number {
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    last = row;
  }
  return last[to.length] ?? 0;
}
