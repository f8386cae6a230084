import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { lessonPage, pageName } from '../../../../scripts/lesson-pages/page.ts';
import { LESSONS } from '../../../../src/demo/lessons/all.ts';
import { fill, LANGUAGES, placeholders } from '../../../../src/demo/texts/text.ts';

const PAGES = join(import.meta.dirname, '../../../../src/demo/pages');

test('a sentence is filled in, and what has no value stays to be seen', (t) => {
  t.is(fill('{a} is the parent of {b}', { a: 1, b: 'two' }), '1 is the parent of two');
  t.is(fill('{a} and {toString}', { a: 0 }), '0 and {toString}');
});

test('placeholders are named once, in order', (t) => {
  t.deepEqual(placeholders('{b} {a} {b}'), ['a', 'b']);
});

test('the lessons have their numbers, from one on', (t) => {
  t.deepEqual(
    LESSONS.map(({ number }) => number),
    LESSONS.map((_lesson, index) => index + 1),
  );
});

for (const lesson of LESSONS) {
  for (const language of LANGUAGES) {
    test(`the page of lesson ${lesson.number} says what the lesson says (${language})`, (t) => {
      const page = join(PAGES, `${pageName(lesson, language)}.md`);
      t.is(readFileSync(page, 'utf8'), lessonPage(lesson, language), 'node scripts/lesson-pages.ts writes it');
    });
  }
}

for (const { number, texts, commands } of LESSONS) {
  test(`lesson ${number} has the same steps and claims in both languages`, (t) => {
    const shape = ({ steps }: typeof texts.en): unknown =>
      Object.entries(steps).map(([name, { says, claims }]) => ({
        name,
        paragraphs: says.length,
        claims: Object.entries(claims).map(([claim, sentence]) => ({ claim, values: placeholders(sentence) })),
      }));
    t.deepEqual(shape(texts.zh), shape(texts.en));
  });

  test(`lesson ${number} says something everywhere, and has a command for each step`, (t) => {
    for (const language of ['en', 'zh'] as const) {
      const { title, short, summary, steps } = texts[language];
      const words = Object.values(steps).flatMap((step) => [step.title, ...step.says, ...Object.values(step.claims)]);
      for (const text of Object.values(steps).flatMap((step) => [step.title, ...step.says])) {
        t.deepEqual(placeholders(text), [], 'only claims have values');
      }
      for (const text of [title, short, summary, ...words]) t.true(text.trim().length > 1);
      for (const text of language === 'zh' ? words : []) t.regex(text, /\p{Script=Han}/u, text);
    }
    t.deepEqual(Object.keys(commands), Object.keys(texts.en.steps));
    for (const [step, typed] of Object.entries(commands)) t.true(typed.length > 0, step);
  });
}
