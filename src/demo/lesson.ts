// What a lesson is: steps, each with commands to type, a play that observes the running machine, and claims that are checked. The words
// are in texts/; the types hold both together, so that no claim is told that is not checked, nor checked without a word.
import type { Block } from './block.ts';
import type { Stage } from './stage/stage.ts';
import type { LessonText, StepClaims, Texts } from './texts/text.ts';

/** One claim as it was found: whether it holds, and what the sentence's placeholders stand for. */
export interface Finding {
  readonly holds: boolean;
  readonly values?: Readonly<Record<string, string | number>>;
}

/** What a step saw. */
export interface Sight<C extends string> {
  readonly shown: readonly Block[];
  readonly claims: Readonly<Record<C, Finding>>;
}

export interface LessonSpec<T extends StepClaims> {
  readonly number: number;
  /** As files are called. */
  readonly name: string;
  readonly texts: Texts<T>;
  /** What a person types to see a step alone, after `preparation`. */
  readonly commands: { readonly [S in keyof T]: readonly string[] };
  /** Called once a telling: the steps share what it makes, and are called in the order of the texts. */
  play(stage: Stage): { readonly [S in keyof T]: () => Promise<Sight<T[S]>> };
}

/** A lesson with the names of its steps forgotten. */
export interface Lesson {
  readonly number: number;
  readonly name: string;
  readonly texts: Readonly<Record<keyof Texts<StepClaims>, LessonText<StepClaims>>>;
  readonly commands: Readonly<Record<string, readonly string[]>>;
  play(stage: Stage): Readonly<Record<string, () => Promise<Sight<string>>>>;
}

export function defineLesson<T extends StepClaims>(spec: LessonSpec<T>): Lesson {
  return spec as unknown as Lesson;
}

/** A claim that holds or not, with the values of its sentence. */
export function finding(holds: boolean, values: Readonly<Record<string, string | number>> = {}): Finding {
  return { holds, values };
}
