// ARG: which names are known where, and whose value counts. Pure: values of the command line come in as a map.
// Before the first FROM an ARG belongs to the whole file: FROM lines see it, a stage only after repeating it.
import type { ArgInstruction } from './parser/types.ts';
import type { Lookup } from './words/expand.ts';
import { expandWord, type UnsetVariable } from './words/expand-instruction.ts';

export type Values = ReadonlyMap<string, string>;

/** Known without an ARG, not in the history, and no reason for a cache miss. */
export const PROXY_ARGS: readonly string[] = ['http', 'https', 'ftp', 'no', 'all'].flatMap((kind) => [
  `${kind.toUpperCase()}_PROXY`,
  `${kind}_proxy`,
]);

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | undefined;
}

export interface ArgContext {
  /** `--build-arg`. */
  readonly buildArgs: Values;
  /** What the file's own ARGs and the platform make known to FROM lines. */
  readonly globals: Values;
  readonly escape: string;
}

/** BUILD* is where the build runs, TARGET* what it builds for; stages get them when they say `ARG TARGETARCH`. */
export function platformArgs(options: { build: Platform; target: Platform; stage: string }): Values {
  return new Map([
    ...namedPlatform('BUILD', options.build),
    ...namedPlatform('TARGET', options.target),
    ['TARGETSTAGE', options.stage],
  ]);
}

function namedPlatform(prefix: string, { os, architecture, variant }: Platform): (readonly [string, string])[] {
  const whole = [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/');
  return [
    [`${prefix}PLATFORM`, whole],
    [`${prefix}OS`, os],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, variant ?? ''],
  ];
}

/** The ARGs before the first FROM: each sees those before it. */
export function evaluateGlobals(
  instructions: readonly ArgInstruction[],
  options: { readonly buildArgs: Values; readonly platform: Values; readonly escape: string },
): { readonly globals: Values; readonly unset: readonly UnsetVariable[] } {
  const { buildArgs, platform } = options;
  const globals = new Map(platform);
  for (const [name, value] of buildArgs) if (platform.has(name)) globals.set(name, value);
  const unset: UnsetVariable[] = [];
  for (const { args } of instructions) {
    for (const { name, value } of args) {
      const given = buildArgs.get(name.text);
      const scope = { escape: options.escape, lookup: (wanted: string) => globals.get(wanted) };
      const expanded = given === undefined && value !== undefined ? expandWord(value, scope) : undefined;
      unset.push(...(expanded?.unset ?? []));
      const result = given ?? expanded?.value.text;
      if (result !== undefined) globals.set(name.text, result);
    }
  }
  return { globals, unset };
}

export interface DeclaredArg {
  readonly name: string;
  /** Undefined: declared, and nobody gave a value. */
  readonly value: string | undefined;
}

/** An ARG inside a stage: the command line first, then the default as written, then the value of the whole file. */
export function declareArgs(
  instruction: ArgInstruction,
  context: ArgContext & { readonly lookup: Lookup },
): { readonly args: readonly DeclaredArg[]; readonly unset: readonly UnsetVariable[] } {
  const unset: UnsetVariable[] = [];
  const declared = new Map<string, string | undefined>();
  // `ARG a=1 b=$a`: unlike ENV a later one sees the earlier ones.
  const lookup: Lookup = (wanted) => declared.get(wanted) ?? context.lookup(wanted);
  const args = instruction.args.map((arg): DeclaredArg => {
    const name = expandWord(arg.name, { escape: context.escape, lookup });
    unset.push(...name.unset);
    const known = name.value.text;
    let value = context.buildArgs.get(known);
    if (value === undefined && arg.value !== undefined) {
      const expanded = expandWord(arg.value, { escape: context.escape, lookup });
      unset.push(...expanded.unset);
      value = expanded.value.text;
    } else value ??= context.globals.get(known);
    declared.set(known, value);
    return { name: known, value };
  });
  return { args, unset };
}

/** What a stage's instructions see: ENV before ARG, and the proxies that were given. */
export function stageLookup(stage: {
  readonly env: Values;
  readonly args: Values;
  readonly buildArgs: Values;
}): Lookup {
  return (name) => {
    return (
      stage.env.get(name) ?? stage.args.get(name) ?? (PROXY_ARGS.includes(name) ? stage.buildArgs.get(name) : undefined)
    );
  };
}

/** Given on the command line and declared nowhere: Docker's warning, or undefined. */
export function unusedArgsWarning(buildArgs: Values, declared: ReadonlySet<string>): string | undefined {
  const unused = [...buildArgs.keys()].filter((name) => !declared.has(name) && !PROXY_ARGS.includes(name));
  if (unused.length === 0) return undefined;
  return `[Warning] One or more build-args [${unused.sort().join(' ')}] were not consumed`;
}
