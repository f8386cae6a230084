// tsker demo [OPTIONS]: the lessons, told and checked on this machine by engines of their own (src/demo).
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';

const flags = defineFlags({
  image: { kind: 'string', value: 'image', summary: 'Image with a sleep in it', shownDefault: 'tsker/busybox' },
  lang: { kind: 'string', summary: 'Language of the texts (default as the environment says)', choices: ['en', 'zh'] },
  lesson: { kind: 'integer', summary: 'Only this lesson' },
  'no-pause': { kind: 'boolean', summary: 'Do not wait for a key after each step' },
  port: { kind: 'integer', summary: 'Port of the page on the loopback address', shownDefault: 'any' },
  web: { kind: 'boolean', summary: 'Serve the lessons as a page, for a projector' },
});

export const demo = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [
    ['demo', 'What Docker was before 1.11, what it became, and why, in seven lessons'],
    ['demo --lesson 2 --no-pause', 'One of them, without waiting'],
    ['demo --web', 'A page on this machine: both architectures as they run, and the lessons as buttons'],
  ],
  async run({ flags, io, env }) {
    const { runDemo } = await import('../../demo/main.ts');
    const terminals = io.stdin.isTTY === true && io.stdout.isTTY === true;
    return runDemo({
      ...{ io, env, lesson: flags.lesson, language: flags.lang, image: flags.image },
      ...{ web: flags.web === true, port: flags.port },
      pause: flags['no-pause'] !== true && terminals,
    });
  },
});
