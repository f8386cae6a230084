// RUN [--mount=…] [--network=…] command
import { posix } from 'node:path';
import { TskerError } from '../../util/errors.ts';
import { PROXY_ARGS } from '../args.ts';
import type { BuildLimits, BuildOptions } from '../build.types.ts';
import { environmentMap } from '../environment.ts';
import type { RunRequest, Workspace } from '../host.types.ts';
import { type PreparedMounts, planMounts } from '../mounts/plan.ts';
import type { RunInstruction } from '../parser/types.ts';
import { programOf } from '../run-script.ts';
import type { StageRun } from '../stage-run.ts';
import { documentBytes } from '../state.ts';
import { expandMounts } from '../words/expand-instruction.ts';
import { shellOf } from './change.ts';

/** Where a script that names its own interpreter is seen by it; /dev is no part of the image. */
const SCRIPTS = '/dev/pipes';

export async function dispatchRun(instruction: RunInstruction, run: StageRun): Promise<void> {
  if (instruction.security === 'insecure') {
    throw new TskerError('invalid', 'security.insecure is not allowed', { hint: 'a build never runs privileged' });
  }
  const { build } = run;
  const scope = { lookup: run.lookup, escape: build.escape };
  const mounts = expandMounts(instruction, scope).value;
  const planned = await planMounts(mounts, run);
  const program = programOf(instruction);
  const script = program.kind === 'file' ? program : undefined;
  const words =
    program.kind === 'exec'
      ? program.argv
      : [...shellOf(run.config), program.kind === 'shell' ? program.script : scriptPath(program.name)];
  const argv = script === undefined ? words : [scriptPath(script.name)];
  const given = givenArgs(run);
  const history = given.any ? [`|${given.shown.length}`, ...given.shown, ...argv] : argv;
  const extra = [script?.content ?? '', instruction.network, ...planned.key];
  await run.perform({
    createdBy: history.join(' '),
    config: run.config,
    instruction: instruction.original,
    inputs: { args: Object.fromEntries(given.all), files: planned.files },
    extra,
    announced: true,
    make: async (workspace) => {
      await using prepared = await planned.prepare(workspace);
      const all = script === undefined ? prepared.mounts : [...prepared.mounts, await scriptMount(workspace, script)];
      const request = runRequest(instruction, run, { argv, env: given.env, prepared, mounts: all });
      await execute(run, workspace, request);
    },
  });
}

function scriptPath(name: string): string {
  return posix.join(SCRIPTS, posix.basename(name));
}

async function scriptMount(
  workspace: Workspace,
  { name, content }: { readonly name: string; readonly content: string },
) {
  const owner = { uid: 0, gid: 0, mode: 0o755 };
  const source = await workspace.privateFile(`script-${posix.basename(name)}`, Buffer.from(content), owner);
  return { type: 'bind', source, target: scriptPath(name), readOnly: true } as const;
}

interface GivenArgs {
  readonly all: readonly (readonly [string, string])[];
  /** Something stands before the command in the history, if only how many. */
  readonly any: boolean;
  /** As the history shows them: proxies are left out. */
  readonly shown: readonly string[];
  readonly env: readonly string[];
}

/** Build arguments in force that ENV does not hide, and the proxies that were given. */
function givenArgs({ args, config, build }: StageRun): GivenArgs {
  const env = environmentMap(config);
  const given = new Map<string, string>();
  for (const name of PROXY_ARGS) {
    const value = build.plan.context.buildArgs.get(name);
    if (value !== undefined && !env.has(name)) given.set(name, value);
  }
  for (const [name, value] of args) if (!env.has(name)) given.set(name, value);
  const shown = [...given].filter(([name]) => args.has(name) || !PROXY_ARGS.includes(name));
  return {
    all: shown,
    any: given.size > 0,
    shown: shown.map(([name, value]) => `${name}=${value}`).sort(),
    env: [...given].map(([name, value]) => `${name}=${value}`),
  };
}

interface Running {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly prepared: PreparedMounts;
  readonly mounts: RunRequest['mounts'];
}

function runRequest(instruction: RunInstruction, run: StageRun, { argv, env, prepared, mounts }: Running): RunRequest {
  const { config, build } = run;
  const { options } = build;
  return {
    argv,
    env: [...(config.Env ?? []), ...env, ...prepared.env],
    cwd: config.WorkingDir ?? '',
    user: config.User ?? '',
    network: instruction.network === 'default' ? options.network : instruction.network,
    extraHosts: options.extraHosts,
    shmSize: options.shmSize,
    limits: limitsOf(options),
    securityOptions: options.securityOptions,
    privileged: false,
    mounts,
    write: (stream, bytes) => run.output.send({ stream: outputText(stream, bytes) }),
    signal: build.signal,
  };
}

function limitsOf(options: BuildOptions): BuildLimits {
  const { memory, memorySwap, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems, cgroupParent, ulimits } = options;
  const limits = { memory, memorySwap, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems, cgroupParent, ulimits };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

/** Docker shows errors in red, whoever reads. */
function outputText(stream: 'stdout' | 'stderr', bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  return stream === 'stdout' ? text : `\u001b[91m${text}\u001b[0m`;
}

async function execute(run: StageRun, workspace: Workspace, request: RunRequest): Promise<void> {
  const { options, signal } = run.build;
  const { exitCode } = await workspace.run(request);
  if (signal.aborted) throw new TskerError('cancelled', 'the build was cancelled');
  if (exitCode === 0) return;
  if (options.keepFailed) {
    // Whoever starts or commits the container asks for its image: the state so far becomes one, without a name.
    const { id } = await run.build.host.images.put(documentBytes(run.state.document), []);
    const name = await workspace.keep(request, id);
    run.output.send({ aux: { FailedContainer: name } });
  } else if (options.forceRemove) run.say(`Removing intermediate container ${workspace.id.slice(0, 12)}\n`);
  throw new RunError(request.argv, exitCode);
}

/** A command that ended with another code than 0; the stream tells it as a number, too. */
export class RunError extends TskerError {
  readonly commandCode: number;

  constructor(argv: readonly string[], code: number) {
    super('invalid', `The command '${argv.join(' ')}' returned a non-zero code: ${code}`);
    this.commandCode = code;
  }
}
