// Writes src/demo/pages: a page a lesson and language, from the lessons' texts. A unit test fails when they are not as it writes them.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LESSONS } from '../src/demo/lessons/all.ts';
import { LANGUAGES } from '../src/demo/texts/text.ts';
import { lessonPage, pageName } from './lesson-pages/page.ts';

const DIRECTORY = resolve(import.meta.dirname, '../src/demo/pages');

rmSync(DIRECTORY, { recursive: true, force: true });
mkdirSync(DIRECTORY);
for (const lesson of LESSONS) {
  for (const language of LANGUAGES) {
    writeFileSync(join(DIRECTORY, `${pageName(lesson, language)}.md`), lessonPage(lesson, language));
  }
}
console.log(`${LESSONS.length * LANGUAGES.length} pages`);
