// A whole build: the Dockerfile is read, its stages that are needed run, the last one becomes an image. Stages that do not
// need each other run at the same time.

import { Limiter } from '../registry/limiter.ts';
import { hostPlatform, parsePlatform } from '../registry/platform.ts';
import { TskerError } from '../util/errors.ts';
import { platformArgs, unusedArgsWarning } from './args.ts';
import { Bases } from './bases.ts';
import type { BuildOptions, BuildOutput, BuildResult } from './build.types.ts';
import type { BuildContext } from './context/context.ts';
import { renderLinesOf } from './diagnostics.ts';
import { finishImage } from './finish.ts';
import type { BuildHost } from './host.types.ts';
import { OrderedOutput } from './output/ordered.ts';
import { StepLog } from './output/steps.ts';
import { DockerfileError } from './parser/error.ts';
import { type Dockerfile, parseDockerfile } from './parser/parse.ts';
import { runStage } from './stage.ts';
import type { Build } from './stage-run.ts';
import { planStages, type StagePlan } from './stages.ts';
import type { State } from './state.ts';
import { Trees } from './trees.ts';

export interface BuildRequest {
  readonly host: BuildHost;
  readonly options: BuildOptions;
  readonly context: BuildContext;
  readonly output: BuildOutput;
  readonly signal: AbortSignal;
}

export async function runBuild(request: BuildRequest): Promise<BuildResult> {
  const { context, options } = request;
  const names = options.tags.map((tag) => request.host.images.checkName(tag));
  const { name: file, text: source } = context.dockerfile;
  try {
    return await runStages(request, parseDockerfile(source, { file }), names);
  } catch (error) {
    throw error instanceof DockerfileError ? withLines(error, { file, source }) : error;
  } finally {
    await request.host.layers.release();
  }
}

/** Docker's message is the first line of it, whichever client shows it; the lines of the Dockerfile are below. */
function withLines(
  error: DockerfileError,
  { file, source }: { readonly file: string; readonly source: string },
): TskerError {
  const { message, hint, range } = error;
  const lines = renderLinesOf({ file, source, range, message, hint });
  return new TskerError(error.code, lines === '' ? message : `${message}\n\n${lines}`, { cause: error });
}

async function runStages(
  request: BuildRequest,
  dockerfile: Dockerfile,
  names: readonly string[],
): Promise<BuildResult> {
  const { host, options, output } = request;
  for (const { message } of dockerfile.warnings) output.send({ stream: `${message}\n` });
  const plan = planOf(dockerfile, options);
  const cancel = new AbortController();
  const signal = AbortSignal.any([request.signal, cancel.signal]);
  const bases = new Bases({ host, options, output, signal });
  const results = new Map<number, Promise<State>>();
  const stageState = (index: number): Promise<State> => {
    return results.get(index) ?? Promise.reject(new TskerError('internal', `stage ${index} is not built`));
  };
  await using trees = new Trees({ host, context: request.context, bases, stageState });
  const limiter = new Limiter(host.parallelism);
  const build: Build = {
    ...{ host, options, plan, signal, context: request.context },
    escape: dockerfile.directives.escape,
    cacheImages: bases.cacheImages(),
    contextTree: () => trees.context(),
    sourceTree: (from, stage) => trees.source(from, stage),
    repository: (url) => trees.repository(url, signal),
    place: () => limiter.acquire(signal),
    declared: new Set(plan.globalArgs.flatMap(({ args }) => args.map(({ name }) => name.text))),
  };
  const log = new StepLog(countSteps(plan, options));
  announceGlobals(plan, log, output);
  using ordered = new OrderedOutput(output, host.openOverflow);
  let offset = plan.globalArgs.length;
  let failure: { readonly error: unknown } | undefined;
  const ending: Promise<unknown>[] = [];
  for (const stage of plan.needed) {
    const isTarget = stage === plan.target;
    const channel = ordered.open();
    const clock = log.clock({ output: channel, stage: stage.name ?? String(stage.index), offset, told: options.steps });
    const labels = isTarget ? [...options.labels].sort(([a], [b]) => (a < b ? -1 : 1)) : [];
    offset += 1 + stage.instructions.length + labels.length;
    const base = (): Promise<State> => bases.of(stage, { stageState, output: channel });
    const result = runStage({ build, stage, output: channel, clock, base, labels });
    results.set(stage.index, result);
    const settled = result.then(
      () => channel.end(),
      (error: unknown) => {
        if (failure !== undefined) return;
        failure = { error };
        ordered.flushTo(channel);
        cancel.abort(error);
      },
    );
    ending.push(settled);
  }
  await Promise.all(ending);
  await ordered.settled();
  if (failure !== undefined) throw request.signal.aborted ? cancelled() : failure.error;
  const state = await stageState(plan.target.index);
  const unused = unusedArgsWarning(plan.context.buildArgs, build.declared);
  if (unused !== undefined) output.send({ stream: `${unused}\n` });
  const base = await bases.of(plan.target, { stageState, output });
  const result = await finishImage({ host, options, output, signal, state, base, names });
  if (options.explain) output.send({ stream: log.summary() });
  return result;
}

function cancelled(): TskerError {
  return new TskerError('cancelled', 'the build was cancelled');
}

function planOf(dockerfile: Dockerfile, options: BuildOptions): StagePlan {
  const host = hostPlatform();
  const target = options.platform === undefined ? host : parsePlatform(options.platform);
  const plain = ({ os, architecture, variant }: typeof host) => ({ os, architecture, variant });
  const buildArgs = new Map<string, string>();
  for (const [name, value] of options.buildArgs) if (value !== undefined) buildArgs.set(name, value);
  const platform = platformArgs({ build: plain(host), target: plain(target), stage: options.target ?? 'default' });
  return planStages(dockerfile, { buildArgs, platform, target: options.target });
}

function countSteps({ globalArgs, needed }: StagePlan, { labels }: BuildOptions): number {
  return globalArgs.length + labels.size + needed.reduce((count, stage) => count + 1 + stage.instructions.length, 0);
}

/** ARGs before the first FROM are steps in Docker's count, and nothing is done for them. */
function announceGlobals({ globalArgs }: StagePlan, log: StepLog, output: BuildOutput): void {
  for (const [index, { original }] of globalArgs.entries()) {
    output.send({ stream: `Step ${index + 1}/${log.total} : ${original}\n` });
  }
}
