// Timing and statistics of the benchmark: samples are taken interleaved, one round of every contender after the other, so
// that a slow minute of the machine hits all of them alike. It says on stderr how far it is.

import { setTimeout } from 'node:timers/promises';

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

/** One that says itself what it got: a rate, for instance. */
export interface Figure {
  readonly name: string;
  measure(): Promise<number>;
}

/** What a preparation took away may still be being deleted when its command has ended. */
const SETTLING = 500;

/** Milliseconds before each: an engine goes on working when its answer is out, and that is not the next one's to pay. */
const PAUSE = 100;

/** Milliseconds of `rounds` interleaved runs of each contender, after `warmup` rounds that do not count. */
export function interleave(contenders: readonly Contender[], rounds: number, warmup: number): Promise<Series[]> {
  return interleaveFigures(contenders.map(timed), { rounds, warmup, unit: 'ms' });
}

function timed({ name, prepare, run }: Contender): Figure {
  return {
    name,
    async measure() {
      if (prepare !== undefined) await prepare().then(() => setTimeout(SETTLING));
      const started = process.hrtime.bigint();
      await run();
      return Number(process.hrtime.bigint() - started) / 1e6;
    },
  };
}

export interface Rounds {
  readonly rounds: number;
  readonly warmup: number;
  readonly unit: string;
}

/** What each said in `rounds` interleaved rounds, after `warmup` rounds that do not count; `best` is the lowest. */
export async function interleaveFigures(all: readonly Figure[], { rounds, warmup, unit }: Rounds): Promise<Series[]> {
  const samples = all.map((): number[] => []);
  for (let round = -warmup; round < rounds; round += 1) {
    for (const [index, figure] of all.entries()) {
      await setTimeout(PAUSE);
      const value = await figure.measure();
      if (round >= 0) samples[index]?.push(value);
      console.error(`bench:   ${figure.name} ${Math.round(value)} ${unit}${round < 0 ? ' (warm-up)' : ''}`);
    }
  }
  return all.map(({ name }, index) => {
    const own = samples[index] ?? [];
    return { name, samples: own, median: median(own), best: Math.min(...own) };
  });
}
