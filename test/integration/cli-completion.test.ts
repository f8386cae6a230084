// Completion where people meet it: a real bash, zsh and fish on a terminal, a tab behind half a word, and the daemon's own names.
// Needs: root; bash, zsh, fish.
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { tskerCommand } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { makeProgram } from '../helpers/program.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { openTerminal } from '../helpers/terminal.ts';
import { create, startWithBusybox } from './daemon.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const daemon = startWithBusybox(suite);
const directory = tempdir(suite, 'shell');
makeProgram(directory, 'tsker', `exec ${tskerCommand().join(' ')} "$@"`);

test.before('there are names to complete', async () => {
  const engine = await daemon;
  await create(engine, { Cmd: ['true'] }, 'completed-container');
  await engine.tsker.ok(['tag', 'busybox', 'completed/image:v1.2']);
  await engine.tsker.ok(['network', 'create', 'completed-network']);
  await engine.tsker.ok(['volume', 'create', 'completed-volume']);
});

/** What is typed before the tab, and what stands on the line behind it. */
const LINES: readonly (readonly [typed: string, completed: string])[] = [
  ['tsker unpau', 'tsker unpause '],
  ['tsker system dat', 'tsker system dat'],
  ['tsker container unpau', 'tsker container unpause '],
  ['tsker run --cap-a', 'tsker run --cap-add '],
  ['tsker rm -f completed-c', 'tsker rm -f completed-container '],
  ['tsker run --rm -it completed/i', 'tsker run --rm -it completed/image:v1.2 '],
  ['tsker rmi completed/image:', 'tsker rmi completed/image:v1.2 '],
  ['tsker create --network completed-', 'tsker create --network completed-network '],
  ['tsker volume inspect completed-', 'tsker volume inspect completed-volume '],
  ['tsker run --restart unl', 'tsker run --restart unless-stopped '],
];

interface Shell {
  readonly argv: readonly string[];
  /** Loads the completion; ends with saying READY. */
  readonly prepare: string;
}

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: {
    argv: ['/bin/bash', '--norc', '--noprofile', '-i'],
    prepare: 'source <(tsker completion bash); echo REA""DY',
  },
  zsh: {
    argv: ['/usr/bin/zsh', '-f', '-i'],
    prepare: 'autoload -U compinit; compinit -D -u; source <(tsker completion zsh); echo REA""DY',
  },
  fish: { argv: ['/usr/bin/fish', '--no-config', '-i'], prepare: 'tsker completion fish | source; echo REA""DY' },
};

for (const [name, { argv, prepare }] of Object.entries(SHELLS)) {
  const check = needing(test, { [name]: existsSync(argv[0] ?? '') });
  check(`${name} completes commands, flags and names`, async (t) => {
    t.timeout(120_000);
    const { tsker } = await daemon;
    const env = { ...tsker.env, PATH: [directory, process.env['PATH']].join(delimiter), TERM: 'xterm', PS1: '$ ' };
    const terminal = openTerminal(t, argv, { env, columns: 200, rows: 40 });
    terminal.type(`${prepare}\n`);
    await terminal.expect(/READY/);
    for (const [typed, completed] of LINES) {
      const before = terminal.shown().length;
      terminal.type(`${typed}\t`);
      // What was completed is used: only then it is known to be on the line, however the shell drew it.
      const words = completed.trimEnd().split(' ');
      terminal.type(`\x01echo "<\x05>"\n`);
      await terminal.expect(new RegExp(`<${escaped(words.join(' '))} ?>`));
      t.true(terminal.shown().length > before);
    }
    terminal.type('exit\n');
    await terminal.exited;
  });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
