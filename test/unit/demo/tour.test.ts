import { existsSync } from 'node:fs';
import test from 'ava';
import type { Audience, ToldClaim } from '../../../src/demo/audience.ts';
import { defineLesson, finding, type Lesson } from '../../../src/demo/lesson.ts';
import type { Stage } from '../../../src/demo/stage/stage.ts';
import type { LessonText } from '../../../src/demo/texts/text.ts';
import { tell } from '../../../src/demo/tour.ts';

type Steps = { readonly one: 'so' | 'not'; readonly two: 'so' };

const TEXT: LessonText<Steps> = {
  title: 'A lesson',
  short: 'It',
  summary: 'For the test',
  steps: {
    one: { title: 'One', says: ['Words.'], claims: { so: '{n} is one', not: 'This is wrong' } },
    two: { title: 'Two', says: ['Words.'], claims: { so: 'Two it is' } },
  },
};

interface Heard extends Audience {
  readonly heard: string[];
  readonly claims: ToldClaim[];
}

function listener(pause: () => Promise<void> = async () => undefined): Heard {
  const heard: string[] = [];
  const claims: ToldClaim[] = [];
  return {
    heard,
    claims,
    lesson: ({ title }) => void heard.push(title),
    step: ({ title }) => void heard.push(title),
    sight: (_shown, told) => void claims.push(...told),
    failure: (message) => void heard.push(`failure: ${message}`),
    pause,
  };
}

function lesson(two: () => Promise<boolean>, seen: Stage[] = []): Lesson {
  return defineLesson<Steps>({
    number: 1,
    name: 'test',
    texts: { en: TEXT, zh: TEXT },
    commands: { one: ['true'], two: ['true'] },
    play(stage) {
      seen.push(stage);
      return {
        one: async () => ({ shown: [], claims: { so: finding(true, { n: 1 }), not: finding(false) } }),
        two: async () => ({ shown: [], claims: { so: finding(await two()) } }),
      };
    },
  });
}

const options = { language: 'en', image: 'none', signal: new AbortController().signal } as const;

test('steps are told in order, claims with their values and whether they hold', async (t) => {
  const audience = listener();
  const seen: Stage[] = [];
  const outcome = await tell([lesson(async () => true, seen)], { ...options, audience });
  t.deepEqual(outcome, { claims: 3, failed: 1 });
  t.deepEqual(audience.heard, ['A lesson', 'One', 'Two']);
  t.deepEqual(audience.claims, [
    { sentence: '1 is one', holds: true },
    { sentence: 'This is wrong', holds: false },
    { sentence: 'Two it is', holds: true },
  ]);
  t.false(seen.some(({ directory }) => existsSync(directory)));
});

test('a step that cannot be played is told, counts, and ends its lesson', async (t) => {
  const audience = listener();
  const broken = lesson(() => Promise.reject(new Error('no such thing')));
  t.deepEqual(await tell([broken, lesson(async () => true)], { ...options, audience }), { claims: 5, failed: 3 });
  t.true(audience.heard.includes('failure: no such thing'));
});

test('an abort ends a pause, and takes the stage back', async (t) => {
  const end = new AbortController();
  const seen: Stage[] = [];
  const audience = listener(() => {
    end.abort(new Error('enough'));
    return new Promise(() => undefined);
  });
  const work = tell([lesson(async () => true, seen)], { ...options, audience, signal: end.signal });
  await t.throwsAsync(work, { message: 'enough' });
  t.false(seen.some(({ directory }) => existsSync(directory)));
});
