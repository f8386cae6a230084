// The stages of a Dockerfile as a graph: what each is based on, what it copies and mounts from, and which of them a
// target needs. Pure: images are names here, nobody looks whether they exist.

import { TskerError } from '../util/errors.ts';
import { type ArgContext, evaluateGlobals, type Values } from './args.ts';
import { DockerfileError } from './parser/error.ts';
import { nearest } from './parser/nearest.ts';
import type { Dockerfile, StageGroup } from './parser/parse.ts';
import type { Range, Word } from './parser/position.ts';
import type { ArgInstruction, FromInstruction, Instruction } from './parser/types.ts';
import { findSources, resolveSource, type Source } from './stage-sources.ts';
import { expandWord, type UnsetVariable } from './words/expand-instruction.ts';

export interface Stage {
  readonly index: number;
  /** In small letters; undefined without AS. */
  readonly name: string | undefined;
  readonly from: FromInstruction;
  readonly base: Base;
  /** As FROM --platform says, variables replaced; undefined when it says nothing. */
  readonly platform: Word | undefined;
  /** Without the FROM. */
  readonly instructions: readonly Instruction[];
  /** What COPY --from and RUN --mount=from= name, each once. */
  readonly sources: readonly Source[];
}

export type Base = { readonly kind: 'scratch' } | Source;

export interface StagePlan {
  readonly stages: readonly Stage[];
  /** ARGs before the first FROM; steps of their own in Docker's count. */
  readonly globalArgs: readonly ArgInstruction[];
  /** For `ARG name` in a stage. */
  readonly context: ArgContext;
  readonly target: Stage;
  /** What the target needs, itself last; every stage stands behind those it needs. */
  readonly needed: readonly Stage[];
  readonly unset: readonly UnsetVariable[];
}

export interface PlanOptions {
  readonly buildArgs?: Values;
  /** See `platformArgs`. */
  readonly platform?: Values;
  /** Name or number of a stage; the last one without. */
  readonly target?: string | undefined;
}

export function planStages(dockerfile: Dockerfile, options: PlanOptions = {}): StagePlan {
  const { buildArgs = new Map(), platform = new Map(), target } = options;
  const { globalArgs, groups } = dockerfile;
  if (groups.length === 0) throw noStages(dockerfile);
  const given = { buildArgs, platform, escape: dockerfile.directives.escape };
  const { globals, unset } = evaluateGlobals(globalArgs, given);
  const context = { buildArgs, globals, escape: given.escape };
  const stages: Stage[] = [];
  const missing: UnsetVariable[] = [...unset];
  for (const group of groups) stages.push(buildStage(group, { stages, total: groups, context, missing }));
  const wanted = findTarget(stages, target);
  return { stages, globalArgs, context, target: wanted, needed: closure(stages, wanted), unset: missing };
}

function noStages({ instructions, file }: Dockerfile): DockerfileError {
  const range = instructions.at(-1)?.range ?? NOWHERE;
  return new DockerfileError('dockerfile contains no stages to build', { range, hint: `${file} has no FROM` });
}

const NOWHERE: Range = { start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };

interface Building {
  /** Those before this one. */
  readonly stages: readonly Stage[];
  readonly total: readonly StageGroup[];
  readonly context: ArgContext;
  readonly missing: UnsetVariable[];
}

function buildStage({ from, instructions }: StageGroup, { stages, total, context, missing }: Building): Stage {
  const scope = { escape: context.escape, lookup: (name: string) => context.globals.get(name) };
  const image = expandWord(from.image, scope);
  const platform = from.platform === undefined ? undefined : expandWord(from.platform, scope);
  missing.push(...image.unset, ...(platform?.unset ?? []));
  if (from.platform?.text !== '' && platform?.value.text === '') {
    const reason = `empty platform value from expression ${from.platform?.text}`;
    throw new DockerfileError(reason, { range: platform.value.range });
  }
  const name = from.stageName?.text;
  if (stages.some((stage) => name !== undefined && stage.name === name)) {
    throw new DockerfileError(`${name} stage name already used`, { range: from.stageName?.range ?? from.range });
  }
  const known = { index: stages.length, names: total.map((group) => group.from.stageName?.text) };
  return {
    index: stages.length,
    name,
    from,
    base: baseOf(from, image.value, { known: [...context.globals.keys()], stages, unset: image.unset }),
    platform: platform === undefined || platform.value.text === '' ? undefined : platform.value,
    instructions,
    sources: findSources(instructions).map((use) => resolveSource(use, known)),
  };
}

function baseOf(
  from: FromInstruction,
  image: Word,
  { known, stages, unset }: { known: readonly string[]; stages: readonly Stage[]; unset: readonly UnsetVariable[] },
): Base {
  if (image.text === '') {
    const near = unset[0] === undefined ? undefined : nearest(unset[0].name, known);
    throw new DockerfileError(`base name (${from.image.text}) should not be blank`, {
      range: image.range,
      suggestion: near,
      ...(near === undefined ? { hint: 'FROM sees the ARGs above the first FROM only' } : {}),
    });
  }
  const stage = stages.find(({ name }) => name === image.text.toLowerCase());
  if (stage !== undefined) return { kind: 'stage', index: stage.index, word: image };
  return image.text === 'scratch' ? { kind: 'scratch' } : { kind: 'image', image: image.text, word: image };
}

/** Docker finds a target by its name; a number works as in COPY --from. */
function findTarget(stages: readonly Stage[], target: string | undefined): Stage {
  const wanted = target?.toLowerCase() ?? '';
  const found =
    wanted === ''
      ? stages.at(-1)
      : (stages.find(({ name }) => name === wanted) ?? (/^\d+$/.test(wanted) ? stages[Number(wanted)] : undefined));
  if (found !== undefined) return found;
  const near = nearest(
    wanted,
    stages.flatMap(({ name }) => name ?? []),
  );
  throw new TskerError('invalid', `failed to reach build target ${target} in Dockerfile`, {
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  });
}

/** Sources point backwards only, so the order of the file is an order of the graph. */
function closure(stages: readonly Stage[], target: Stage): readonly Stage[] {
  const needed = new Set<number>([target.index]);
  for (const stage of stages.toReversed()) {
    if (!needed.has(stage.index)) continue;
    for (const source of [stage.base, ...stage.sources]) if (source.kind === 'stage') needed.add(source.index);
  }
  return stages.filter(({ index }) => needed.has(index));
}
