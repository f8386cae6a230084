// The benchmark's command: prepares both engines, runs the cases, prints the table. Exit 1 when a ratio that is asked for
// was not reached. `scripts/bench` starts it in a network namespace of its own.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ok } from '../../test/helpers/run.ts';
import { archives } from './cases/archives.ts';
import { bridge } from './cases/bridge.ts';
import { build, buildContext, buildStages } from './cases/build.ts';
import { cli } from './cases/cli.ts';
import { copies } from './cases/copies.ts';
import { crowd, neighbours } from './cases/crowd.ts';
import { dns } from './cases/dns.ts';
import { exec } from './cases/exec.ts';
import { logs } from './cases/logs.ts';
import { memory } from './cases/memory.ts';
import { pull } from './cases/pull.ts';
import { pullMemory } from './cases/pull-memory.ts';
import { push } from './cases/push.ts';
import { services } from './cases/services.ts';
import { split } from './cases/split.ts';
import { start } from './cases/start.ts';
import { type Ground, prepareGround, Teardown } from './ground.ts';
import { longestBlock, loopRow } from './loop.ts';
import { holds, type Row, ratioOf, table } from './result.ts';

const CASES: Readonly<Record<string, (ground: Ground, rounds: number) => Promise<Row[]>>> = {
  // First: how much memory engines have depends on what they have done before.
  memory,
  cli,
  start,
  bridge,
  exec,
  crowd,
  neighbours,
  dns,
  services,
  split,
  logs,
  copies,
  build,
  'build-context': buildContext,
  'build-stages': buildStages,
  pull,
  push,
  archives,
  'pull-memory': pullMemory,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '20' }, only: { type: 'string' }, json: { type: 'string' } },
});
const rounds = Number(values.runs);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--runs takes a positive whole number, not ${values.runs}`);
const named = [...positionals, ...(values.only?.split(',') ?? [])];
const chosen = Object.keys(CASES).filter((name) => named.length === 0 || named.includes(name));
for (const name of named) {
  if (CASES[name] === undefined) throw new Error(`no case ${name}: there are ${Object.keys(CASES).join(', ')}`);
}

process.env['TSKER_BIN'] ??= resolve(import.meta.dirname, '../../dist/tsker');
const teardown = new Teardown();
// The shims of an engine that is left behind try to reach it for ever, and spoil whatever is measured next.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    console.error(`bench: ${signal}: cleaning up`);
    // What the engines were asked for meanwhile fails.
    process.on('unhandledRejection', () => undefined);
    void teardown.run().finally(() => process.exit(1));
  });
}
const rows: Row[] = [];
const before = processorTime();
try {
  const ground = await prepareGround(teardown);
  await longestBlock(ground.tsker);
  for (const name of chosen) {
    console.error(`bench: ${name}`);
    rows.push(...((await CASES[name]?.(ground, rounds)) ?? []));
    console.error(`bench: event loop blocked for ${(await longestBlock(ground.tsker)).toFixed(1)} ms at most, so far`);
  }
  rows.push(await loopRow(ground.tsker));
} finally {
  await teardown.run();
}

const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Linux ${await ok(['uname', '-r'])}`;
const date = new Date().toISOString().slice(0, 10);
const now = processorTime();
const stolen = ((now.stolen - before.stolen) / (now.all - before.all)) * 100;
console.log(
  `${date}, ${machine}, ${rounds} rounds, medians; ${stolen.toFixed(1)} % of the processors went to other machines\n`,
);
console.log(table(rows));
if (values.json !== undefined) {
  const report = {
    date,
    machine,
    rounds,
    rows: rows.map((row) => ({ ...row, ratio: ratioOf(row), held: holds(row) })),
  };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
process.exitCode = rows.every(holds) ? 0 : 1;

/** Of all processors, in ticks (proc_stat(5)); what a hypervisor gave to others makes single figures worse, not ratios. */
function processorTime(): { readonly all: number; readonly stolen: number } {
  const [, line = ''] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? [];
  const ticks = line.split(' ').map(Number);
  return { all: ticks.slice(0, 8).reduce((sum, one) => sum + one, 0), stolen: ticks[7] ?? 0 };
}
