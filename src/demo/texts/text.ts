// How the words of a lesson are kept: both languages of a lesson in one file, with the same steps and the same claims by type. Pure.

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Step → the names of its claims, as a union. */
export type StepClaims = Readonly<Record<string, string>>;

export interface StepText<C extends string> {
  readonly title: string;
  /** Paragraphs. */
  readonly says: readonly string[];
  /** Sentences with `{placeholders}`; each is checked while it is told. */
  readonly claims: Readonly<Record<C, string>>;
}

export interface LessonText<T extends StepClaims> {
  readonly title: string;
  /** A word or two, for buttons. */
  readonly short: string;
  /** What it asks, in a line. */
  readonly summary: string;
  readonly steps: { readonly [S in keyof T]: StepText<T[S]> };
}

export type Texts<T extends StepClaims> = Readonly<Record<Language, LessonText<T>>>;

/** The sentence with its placeholders filled in; one without a value stays as it is, so that it is seen. */
export function fill(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : placeholder,
  );
}

/** Names of a sentence's placeholders, sorted, each once. */
export function placeholders(sentence: string): readonly string[] {
  return [...new Set([...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].sort();
}
