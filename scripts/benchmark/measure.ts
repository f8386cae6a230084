// Timing and statistics of the benchmark: samples are taken interleaved, one round of every contender after the other, so
// that a slow minute of the machine hits all of them alike. It says on stderr how far it is.

/** One thing to be timed: runs once, resolves when done. Preparation outside `run` is not timed. */
export interface Contender {
  readonly name: string;
  prepare?(): Promise<void>;
  run(): Promise<void>;
}

export interface Series {
  readonly name: string;
  readonly samples: readonly number[];
  readonly median: number;
  readonly best: number;
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Rounds of a case that takes seconds, of those asked for: fewer, but three where three were asked for. */
export function fewer(rounds: number): number {
  return Math.min(rounds, Math.max(3, rounds >> 2));
}

/** Milliseconds of `rounds` interleaved runs of each contender, after `warmup` rounds that do not count. */
export async function interleave(contenders: readonly Contender[], rounds: number, warmup: number): Promise<Series[]> {
  const samples = contenders.map((): number[] => []);
  for (let round = -warmup; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      await contender.prepare?.();
      const started = process.hrtime.bigint();
      await contender.run();
      const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
      if (round >= 0) samples[index]?.push(milliseconds);
      console.error(`bench:   ${contender.name} ${Math.round(milliseconds)} ms${round < 0 ? ' (warm-up)' : ''}`);
    }
  }
  return contenders.map((contender, index) => {
    const own = samples[index] ?? [];
    return { name: contender.name, samples: own, median: median(own), best: Math.min(...own) };
  });
}
