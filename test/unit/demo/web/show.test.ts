// The buttons of the page, pressed faster than lessons end.
import test from 'ava';
import { defineLesson, finding, type Lesson } from '../../../../src/demo/lesson.ts';
import type { LessonText } from '../../../../src/demo/texts/text.ts';
import { Show } from '../../../../src/demo/web/show.ts';
import { type LessonEvents, Stream } from '../../../../src/demo/web/stream.ts';

type Steps = { readonly one: 'so'; readonly two: 'so' };

const step = (title: string) => ({ title, says: ['Words.'], claims: { so: 'So it is' } });
const TEXT: LessonText<Steps> = {
  ...{ title: 'A lesson', short: 'It', summary: 'For the test' },
  steps: { one: step('One'), two: step('Two') },
};

function lesson(number: number): Lesson {
  const play = async () => ({ shown: [], claims: { so: finding(true) } });
  return defineLesson<Steps>({
    ...{ number, name: `test-${number}`, texts: { en: TEXT, zh: TEXT } },
    commands: { one: ['true'], two: ['true'] },
    play: () => ({ one: play, two: play }),
  });
}

class Recorder extends Stream {
  readonly told: string[] = [];

  override tell<E extends keyof LessonEvents>(event: E, data: LessonEvents[E]): void {
    if (event === 'lesson' || event === 'done') this.told.push(event);
    super.tell(event, data);
  }
}

test('two buttons at once: a lesson begins when the one before it is over', async (t) => {
  const stream = new Recorder();
  const { signal } = new AbortController();
  {
    await using show = new Show({ stream, lessons: [lesson(1), lesson(2)], language: 'en', image: 'none', signal });
    t.true(await show.begin(1));
    t.deepEqual(await Promise.all([show.begin(2), show.begin(1), show.begin(3)]), [true, true, false]);
  }
  t.deepEqual(stream.told, ['lesson', 'done', 'lesson', 'done', 'lesson', 'done']);
});
