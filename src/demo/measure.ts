// Measuring: medians of what is done several times.

/** Milliseconds: the median of `rounds` times that `work` takes; `after` each is not counted. */
export async function medianOf(
  rounds: number,
  work: (round: number) => Promise<unknown>,
  after: (round: number) => Promise<unknown> = async () => undefined,
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    await work(round);
    times.push(performance.now() - begun);
    await after(round);
  }
  return median(times);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
