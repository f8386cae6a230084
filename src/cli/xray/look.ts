// xray and peek on the command line: ask, and print as JSON or as a drawing that fits the terminal.
import { type CommandCall, defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath } from '../targets.ts';
import type { Look } from './draw.ts';

const flags = defineFlags({
  format: { kind: 'string', short: 'f', choices: ['text', 'json'], shownDefault: 'text', summary: 'How to print it' },
});

export interface LookCommand<T> {
  readonly verb: 'xray' | 'peek';
  readonly example: readonly [string, string];
  readonly draw: (seen: T, look: Look) => string;
}

export function defineLook<T>({ verb, example, draw }: LookCommand<T>) {
  return defineCommand({
    usage: '[OPTIONS] CONTAINER',
    flags,
    args: { min: 1, max: 1 },
    examples: [example],
    async run({ client, flags: wish, args: [container = ''], io, env }: CommandCall<typeof flags>) {
      const seen = await client.json<T>('GET', `/tsker${containerPath(container, verb)}`);
      const isTerminal = io.stdout.isTTY === true;
      const look = {
        // 0 of a serial console, which does not know.
        width: (isTerminal && io.stdout.columns) || undefined,
        colour: isTerminal && (env['NO_COLOR'] ?? '') === '',
      };
      io.stdout.write(wish.format === 'json' ? `${JSON.stringify(seen, undefined, 2)}\n` : draw(seen, look));
      return 0;
    },
  });
}
