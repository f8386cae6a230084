// A lesson as a page to read: its words, the commands of each step, and what is claimed. Pure.
import type { Lesson } from '../../src/demo/lesson.ts';
import { INTERFACE } from '../../src/demo/texts/interface.ts';
import { fill, type Language } from '../../src/demo/texts/text.ts';
import { PREPARATION } from '../../src/demo/tour.ts';

const CHECKED: Readonly<Record<Language, string>> = { en: 'Checked:', zh: '检验的论断：' };
const MADE: Readonly<Record<Language, string>> = {
  en: 'Made by `scripts/lesson-pages.ts`. `tsker demo --lesson {number}` tells it on your machine and checks it there.',
  zh: '由 `scripts/lesson-pages.ts` 生成。`tsker demo --lesson {number} --lang zh` 会在你的机器上演示并检验。',
};

/** `3-split`, `3-split.zh`: the name without its end. */
export function pageName({ number, name }: Pick<Lesson, 'number' | 'name'>, language: Language): string {
  return `${number}-${name}${language === 'en' ? '' : `.${language}`}`;
}

/** Markdown; where a sentence has a value, `…` stands for it. */
export function lessonPage(lesson: Lesson, language: Language): string {
  const { title, summary, steps } = lesson.texts[language];
  const heading = `# ${fill(INTERFACE[language].lesson, { number: lesson.number, title })}`;
  const sections = Object.entries(steps).flatMap(([name, step], index) => [
    `## ${index + 1}. ${step.title}`,
    ...step.says,
    ['```sh', ...(index === 0 ? PREPARATION : []), ...(lesson.commands[name] ?? []), '```'].join('\n'),
    CHECKED[language],
    Object.values(step.claims)
      .map((sentence) => `- ${sentence.replace(/\{\w+\}/g, '…').replaceAll('……', '…')}`)
      .join('\n'),
  ]);
  return `${[heading, summary, ...sections, `*${fill(MADE[language], { number: lesson.number })}*`].join('\n\n')}\n`;
}
