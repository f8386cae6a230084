// To whom a lesson is told: a terminal, or the page of --web. Words arrive here in one language, with the placeholders filled in.
import type { Block } from './block.ts';

export interface ToldLesson {
  readonly number: number;
  readonly title: string;
  readonly summary: string;
  readonly steps: number;
}

export interface ToldStep {
  /** From 1. */
  readonly number: number;
  readonly title: string;
  readonly says: readonly string[];
  readonly commands: readonly string[];
}

export interface ToldClaim {
  readonly sentence: string;
  readonly holds: boolean;
}

export interface Audience {
  lesson(lesson: ToldLesson): void;
  /** Before it is played. */
  step(step: ToldStep): void;
  sight(shown: readonly Block[], claims: readonly ToldClaim[]): void;
  /** A step that could not be played. */
  failure(message: string): void;
  /** Resolves when the next step may come. Not called after the last one of all. */
  pause(): Promise<void>;
}
