// Tells lessons: each step is announced, played, shown, and its claims with whether they hold. It draws nothing and knows no lesson.
import { messageOf } from '../util/errors.ts';
import { unlessAborted } from './abort.ts';
import type { Audience, ToldClaim } from './audience.ts';
import type { Lesson, Sight } from './lesson.ts';
import { localize } from './localize.ts';
import { Stage, type StageOptions } from './stage/stage.ts';
import { INTERFACE } from './texts/interface.ts';
import { fill, type Language, type StepText } from './texts/text.ts';

export interface TourOptions extends StageOptions {
  readonly language: Language;
  readonly audience: Audience;
  /** Ends the tour between two things; what has been started is taken back. */
  readonly signal: AbortSignal;
  /** Told of each stage when it is set up. */
  readonly onStage?: (stage: Stage) => void;
}

export interface Outcome {
  readonly claims: number;
  /** Claims that did not hold, and steps that could not be played. */
  readonly failed: number;
}

/** Throws the signal's reason when it is aborted, after everything was taken back. */
export async function tell(lessons: readonly Lesson[], options: TourOptions): Promise<Outcome> {
  let claims = 0;
  let failed = 0;
  for (const [index, lesson] of lessons.entries()) {
    if (index > 0) await unlessAborted(options.signal, options.audience.pause());
    const outcome = await tellLesson(lesson, options);
    claims += outcome.claims;
    failed += outcome.failed;
  }
  return { claims, failed };
}

async function tellLesson(lesson: Lesson, options: TourOptions): Promise<Outcome> {
  const { audience, signal, language } = options;
  const text = lesson.texts[language];
  const { labels } = INTERFACE[language];
  const steps = Object.entries(text.steps);
  audience.lesson({ number: lesson.number, title: text.title, summary: text.summary, steps: steps.length });
  let claims = 0;
  let failed = 0;

  await using stage = new Stage(options);
  options.onStage?.(stage);
  const play = lesson.play(stage);
  for (const [index, [name, step]] of steps.entries()) {
    if (index > 0) await unlessAborted(signal, audience.pause());
    audience.step({
      number: index + 1,
      title: step.title,
      says: step.says,
      commands: [...(index === 0 ? PREPARATION : []), ...(lesson.commands[name] ?? [])],
    });
    try {
      const sight = await unlessAborted(signal, play[name]?.() ?? Promise.reject(new Error(`no step ${name}`)));
      const told = tellClaims(step, sight);
      claims += told.length;
      failed += told.filter(({ holds }) => !holds).length;
      audience.sight(
        sight.shown.map((block) => localize(block, labels)),
        told,
      );
    } catch (error) {
      signal.throwIfAborted();
      // The steps after it stand on what it was to make.
      audience.failure(messageOf(error));
      return { claims, failed: failed + 1 };
    }
  }
  return { claims, failed };
}

/** What stands before the commands of every lesson: an engine of one's own, out of everybody's way. */
export const PREPARATION: readonly string[] = [
  'D=$(mktemp -d); export TSKER_HOST=unix://$D/sock',
  'MINE="--data-root $D/root --exec-root $D/exec --pidfile $D/pid -H $TSKER_HOST --bridge none"',
];

function tellClaims(step: StepText<string>, sight: Sight<string>): readonly ToldClaim[] {
  return Object.entries(step.claims).map(([name, sentence]) => {
    const found = sight.claims[name];
    return { sentence: fill(sentence, found?.values ?? {}), holds: found?.holds === true };
  });
}
