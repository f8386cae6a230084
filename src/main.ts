#!/usr/bin/env node
// The one executable: `daemon` as the first word makes it the daemon, `runc` the OCI runtime (engines know it by the path of an
// executable: a link called runc or tsker-runc is that too), `containerd` and `ctr` the other parts of the split architecture,
// anything else a client. No side loads anything of the others.
import { basename } from 'node:path';
import { messageOf } from './util/errors.ts';
import { nameProcess } from './util/process-name.ts';

async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'daemon') {
    nameProcess('tsker');
    const { runDaemon } = await import('./daemon/main.ts');
    await runDaemon(argv.slice(1));
    return;
  }
  const linked = /^(tsker-)?runc$/.test(basename(process.argv0));
  if (linked || argv[0] === 'runc') {
    nameProcess('tsker-runc');
    const { runRunc } = await import('./runc/main.ts');
    process.exit(await runRunc(linked ? argv : argv.slice(1)));
  }
  if (argv[0] === 'containerd') {
    nameProcess('tsker-ctrd');
    const { runContainerd } = await import('./containerd/main.ts');
    await runContainerd(argv.slice(1));
    return;
  }
  nameProcess('tsker');
  if (argv[0] === 'ctr') {
    const { runCtr } = await import('./ctr/main.ts');
    process.exitCode = await runCtr(argv.slice(1));
    return;
  }
  const { runClient } = await import('./cli/main.ts');
  const { openProcessIo } = await import('./cli/io.ts');
  const io = openProcessIo();
  process.on('uncaughtException', (error) => {
    process.stderr.write(`tsker: ${error.stack ?? error}\n`);
    process.exit(125);
  });
  const code = await runClient({ argv, env: process.env, io });
  await io.flush();
  end(code);
}

/** Of a client through which little has passed. */
const SMALL = 84 * 1024 * 1024;
const PATIENCE = 100;

/**
 * process.exit() waits for V8's helper threads, and one that is in the middle of a collection may wait for us: Node 24 then hangs for
 * good. A client that moved much data ends as its event loop does, which ends collections first; an open stdin must not keep it alive.
 */
function end(code: number): void {
  if (process.memoryUsage.rss() < SMALL) process.exit(code);
  process.exitCode = code;
  setTimeout(() => process.exit(code), PATIENCE).unref();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { hint } = (error instanceof SuppressedError ? error.suppressed : error) as { hint?: string };
  process.stderr.write(`tsker: ${messageOf(error)}\n${hint === undefined ? '' : `${hint}\n`}`);
  process.exit(1);
});
