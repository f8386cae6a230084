// Fails when native/include/tsker.h and its TypeScript face (src/native/{abi,ops,binding}.ts) disagree. Values come from
// the C compiler, not from reading expressions: a generated program prints them. Usage: check-abi.ts [header]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as abi from '../src/native/abi.ts';
import { FUNCTIONS } from '../src/native/binding.ts';
import { OPS } from '../src/native/ops.ts';

const HEADER = resolve(process.argv[2] ?? join(import.meta.dirname, '../native/include/tsker.h'));

/** Macros of the header that are no numbers, or that only the helper and the library say to one another. */
const NOT_VALUES = new Set(['TSKER_H', 'TSKER_API', 'TSKER_OPS', 'TSKER_REPORT_EXEC', 'TSKER_REPORT_CONTINUED']);

/** C types of parameters in the words of binding.ts. */
const C_TYPES: Readonly<Record<string, string>> = {
  void: '',
  int32_t: 'i32',
  int64_t: 'i64',
  uint32_t: 'u32',
  uint64_t: 'id',
  'const uint8_t *': 'bytes',
  'uint8_t *': 'bytes',
  'int32_t *': 'bytes',
  'const char *': 'text',
};

type Values = Map<string, string>;

/** `rdonlyRec` → `RDONLY_REC`. */
function upperSnake(name: string): string {
  return name.replace(/[A-Z]/g, '_$&').toUpperCase();
}

function withPrefix(prefix: string, group: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(group).map(([name, value]) => [`TSKER_${prefix}_${upperSnake(name)}`, value]);
}

/** `size` is the structure's own; `rename` has the fields whose TypeScript name says more. */
function layout(
  struct: string,
  group: Readonly<Record<string, number>>,
  rename: Readonly<Record<string, string>> = {},
): [string, number][] {
  return Object.entries(group).map(([name, value]) => {
    if (name === 'size') return [`sizeof(struct ${struct})`, value];
    const field = rename[name] ?? upperSnake(name).toLowerCase();
    return [`offsetof(struct ${struct}, ${field})`, value];
  });
}

/** C expression → value, as TypeScript has it. */
function expectedValues(): Values {
  const { magic, maxSize, maxOps, trace, headerSize, opHeaderSize } = abi.PLAN;
  return stringValues([
    ['TSKER_ABI', abi.ABI_VERSION],
    ['TSKER_PLAN_MAGIC', magic],
    ['TSKER_PLAN_MAX', maxSize],
    ['TSKER_PLAN_MAX_OPS', maxOps],
    ['TSKER_PLAN_TRACE', trace],
    ['sizeof(struct tsker_plan_header)', headerSize],
    ['sizeof(struct tsker_op_header)', opHeaderSize],
    ['TSKER_SECCOMP_MAX', abi.SECCOMP_PROGRAM_MAX],
    ['TSKER_PREFER_MAX_HELPERS', abi.PREFER_MAX_HELPERS],
    ['TSKER_SPAWN_MAX_FDS', abi.SPAWN_MAX_FDS],
    ...withPrefix('SLOT', abi.SLOT),
    ...withPrefix('OPF', abi.OPF),
    ...withPrefix('BIND', abi.BIND),
    ...withPrefix('EXEC', abi.EXEC),
    ...withPrefix('EV', abi.EVENT),
    ...withPrefix('SPAWN', abi.SPAWN),
    ...withPrefix('EXTRACT', abi.EXTRACT),
    ...withPrefix('ASSEMBLE', abi.ASSEMBLE),
    ...withPrefix('STAGE', abi.EXTRACT_STAGE),
    ...withPrefix('SCAN', abi.SCAN),
    ...withPrefix('PUMP', abi.PUMP),
    ...withPrefix('TEE', abi.TEE),
    ...withPrefix('LOG', abi.LOG),
    ...withPrefix('REMOTE', abi.REMOTE),
    ...withPrefix('TIME', abi.TIME),
    ...withPrefix('HAS', abi.HAS),
    ...layout('tsker_event', abi.EVENT_LAYOUT),
    ...layout('tsker_spawn', abi.SPAWN_LAYOUT),
    ...layout('tsker_log', abi.LOG_LAYOUT),
    ...layout('tsker_remote', abi.REMOTE_LAYOUT),
    ...layout('tsker_extract_result', abi.EXTRACT_LAYOUT, {
      contentSize: 'size',
      sha256In: 'sha256_in',
      sha256Tar: 'sha256_tar',
    }),
    ...layout('tsker_scan_record', abi.SCAN_LAYOUT, { recordSize: 'size' }),
    ...withPrefix('ID', abi.ID),
    ...withPrefix('VIEW', abi.VIEW),
    ...withPrefix('STAT', abi.STAT),
    ...withPrefix('PACK', abi.PACK),
    ...withPrefix('LIST', abi.LIST),
    ...withPrefix('PLACE', abi.PLACE),
    ...layout('tsker_id_range', abi.ID_RANGE_LAYOUT),
    ...layout('tsker_stat_result', abi.STAT_LAYOUT, { bytes: 'size' }),
    ...layout('tsker_pack_result', abi.PACK_LAYOUT, { contentSize: 'size' }),
    ...layout('tsker_place_result', abi.PLACE_LAYOUT, { contentSize: 'size' }),
  ]);
}

function stringValues(entries: readonly [string, number][]): Values {
  return new Map(entries.map(([name, value]) => [name, String(value)]));
}

/** Macros and enumerators the header defines, without those of the operations, which are compared as rows. */
function namesInHeader(header: string): string[] {
  const macros = [...header.matchAll(/^#define (TSKER_\w+)\b(?!\()/gm)].map((match) => match[1] ?? '');
  const enums = [...header.matchAll(/^enum \w+ \{([^#}]*)\}/gm)].flatMap((match) => [
    ...(match[1] ?? '').matchAll(/^\s*(TSKER_\w+)/gm),
  ]);
  return [...macros, ...enums.map((match) => match[1] ?? '')].filter((name) => !NOT_VALUES.has(name));
}

/** The value of each expression and the rows of TSKER_OPS, according to the compiler. */
function compiledValues(expressions: readonly string[]): { values: Values; ops: Values } {
  const directory = mkdtempSync(join(tmpdir(), 'tsker-abi-'));
  try {
    const source = join(directory, 'abi.c');
    const program = join(directory, 'abi');
    writeFileSync(source, probeSource(expressions));
    execFileSync('gcc', ['-std=gnu11', '-o', program, source], { stdio: ['ignore', 'inherit', 'inherit'] });
    return parseProbe(execFileSync(program, { encoding: 'utf8' }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function probeSource(expressions: readonly string[]): string {
  const prints = expressions.map((text) => `  printf("value\\t%s\\t%lld\\n", "${text}", (long long)(${text}));`);
  return [
    '#include <stdio.h>',
    `#include "${HEADER}"`,
    'int main(void) {',
    ...prints,
    '#define X(name, number, signature, scope) printf("op\\t%s\\t%d %s\\n", #name, number, signature);',
    '  TSKER_OPS(X)',
    '  return 0;',
    '}',
    '',
  ].join('\n');
}

function parseProbe(output: string): { values: Values; ops: Values } {
  const found = { values: new Map<string, string>(), ops: new Map<string, string>() };
  for (const line of output.trimEnd().split('\n')) {
    const [kind, name = '', value = ''] = line.split('\t');
    (kind === 'op' ? found.ops : found.values).set(name, value);
  }
  return found;
}

/** Prototypes as rows of binding.ts: `i32 id bytes u32`. */
function prototypes(header: string): Values {
  const found = header.matchAll(/^TSKER_API (\w+) (tsker_\w+)\(([^)]*)\);/gm);
  return new Map(
    [...found].map(([, result = '', name = '', parameters = '']) => {
      const types = parameters.split(',').map((parameter) => parameterType(parameter.trim()));
      return [name, [C_TYPES[result] ?? result, ...types].filter((type) => type !== '').join(' ')];
    }),
  );
}

function parameterType(parameter: string): string {
  const type = parameter === 'void' ? 'void' : parameter.replace(/\w+$/, '').trim();
  return C_TYPES[type] ?? `(${type})`;
}

function compare(what: string, header: Values, typescript: Values): string[] {
  const names = [...new Set([...header.keys(), ...typescript.keys()])];
  return names
    .filter((name) => header.get(name) !== typescript.get(name))
    .map(
      (name) =>
        `${what} ${name}: header ${header.get(name) ?? 'has none'}, TypeScript ${typescript.get(name) ?? 'has none'}`,
    );
}

const header = readFileSync(HEADER, 'utf8');
const expected = expectedValues();
const compiled = compiledValues([...new Set([...expected.keys(), ...namesInHeader(header)])]);
const rows = new Map(Object.entries(OPS).map(([name, [number, signature]]) => [name, `${number} ${signature}`]));
const functions = new Map(Object.entries(FUNCTIONS).map(([name, types]) => [name, types.join(' ')]));
const differences = [
  ...compare('value', compiled.values, expected),
  ...compare('operation', compiled.ops, rows),
  ...compare('function', prototypes(header), functions),
];

for (const difference of differences) console.error(`check-abi: ${difference}`);
process.exitCode = differences.length === 0 ? 0 : 1;
