#!/usr/bin/env node
// The one executable: `daemon` as the first word makes it the daemon, anything else a client. Neither side loads anything
// of the other.

async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'daemon') {
    const { runDaemon } = await import('./daemon/main.ts');
    await runDaemon(argv.slice(1));
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
  // An open stdin must not keep us alive.
  process.exit(code);
}

main(process.argv.slice(2)).catch((error: Error & { hint?: string }) => {
  process.stderr.write(`tsker: ${error.message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`);
  process.exit(1);
});
