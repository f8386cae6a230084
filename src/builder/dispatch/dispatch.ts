// One instruction of a stage: variables replaced, then the file of its name. Docker's output around it is stage.ts's.

import { messageOf, TskerError } from '../../util/errors.ts';
import { declareArgs } from '../args.ts';
import { ensureDirectory } from '../copy/place.ts';
import { DockerfileError } from '../parser/error.ts';
import type { ArgInstruction, Instruction } from '../parser/types.ts';
import type { StageRun } from '../stage-run.ts';
import { expandInstruction } from '../words/expand-instruction.ts';
import { dispatchAdd } from './add.ts';
import { applyArg } from './arg.ts';
import { type ConfigChange, noOperation, noOperationJoined } from './change.ts';
import { applyCmd } from './cmd.ts';
import { dispatchCopy } from './copy.ts';
import { applyEntrypoint } from './entrypoint.ts';
import { applyEnv } from './env.ts';
import { applyExpose } from './expose.ts';
import { applyHealthcheck } from './healthcheck.ts';
import { applyLabel } from './label.ts';
import { applyMaintainer } from './maintainer.ts';
import { applyOnbuild } from './onbuild.ts';
import { dispatchRun } from './run.ts';
import { applyShell } from './shell.ts';
import { applyStopsignal } from './stopsignal.ts';
import { applyUser } from './user.ts';
import { applyVolume } from './volume.ts';
import { applyWorkdir } from './workdir.ts';

export async function dispatch(written: Instruction, run: StageRun): Promise<void> {
  const scope = { lookup: run.lookup, escape: run.build.escape };
  const { value: instruction } = expandInstruction(written, scope);
  switch (instruction.kind) {
    case 'RUN':
      return await dispatchRun(instruction, run);
    case 'COPY':
      return await dispatchCopy(instruction, run);
    case 'ADD':
      return await dispatchAdd(instruction, run);
    case 'WORKDIR':
      return await commitWorkdir(applyWorkdir(instruction, run.config), instruction, run);
    case 'ARG':
      return await commitArg(instruction, run);
    case 'FROM':
      throw new DockerfileError("FROM isn't allowed here", { range: instruction.range });
    default: {
      const change = located(instruction, () => changeOf(instruction, run));
      await commitChange(change, instruction, run);
      if (instruction.kind === 'CMD') run.cmdSet = true;
    }
  }
}

type Configuring = Exclude<Instruction, { readonly kind: 'RUN' | 'COPY' | 'ADD' | 'WORKDIR' | 'ARG' | 'FROM' }>;

function changeOf(instruction: Configuring, run: StageRun): ConfigChange {
  const { config, cmdSet, build } = run;
  switch (instruction.kind) {
    case 'CMD':
      return applyCmd(instruction, config);
    case 'ENTRYPOINT':
      return applyEntrypoint(instruction, config, { cmdSet });
    case 'ENV':
      return applyEnv(instruction, config);
    case 'EXPOSE':
      return applyExpose(instruction, config);
    case 'HEALTHCHECK': {
      const before = config.Healthcheck?.Test ?? [];
      if (before.length > 0 && before[0] !== 'NONE') {
        run.say(`Note: overriding previous HEALTHCHECK: [${before.join(' ')}]\n`);
      }
      return applyHealthcheck(instruction, config);
    }
    case 'LABEL':
      return applyLabel(instruction, config);
    case 'MAINTAINER':
      return applyMaintainer(instruction, config);
    case 'ONBUILD':
      return applyOnbuild(instruction, config);
    case 'SHELL':
      return applyShell(instruction, config);
    case 'STOPSIGNAL':
      return applyStopsignal(instruction, config, build.host.isSignal);
    case 'USER':
      return applyUser(instruction, config);
    case 'VOLUME':
      return applyVolume(instruction, config);
  }
}

export async function commitChange(
  change: ConfigChange,
  { original }: Pick<Instruction, 'original'>,
  run: StageRun,
): Promise<void> {
  const { config, author } = change;
  await run.perform({
    createdBy: noOperation(change),
    config,
    ...(author === undefined ? {} : { author }),
    instruction: original,
    announced: true,
  });
}

/** The directory is made at once, and belongs to root whoever the user is, as the classic builder has it. */
async function commitWorkdir(change: ConfigChange, { original }: Instruction, run: StageRun): Promise<void> {
  const { build } = run;
  const { config } = change;
  await run.perform({
    createdBy: noOperationJoined(change),
    config,
    instruction: original,
    announced: true,
    make: async (workspace) => {
      const tree = await workspace.tree();
      try {
        const now = build.options.sourceDateEpoch ?? Math.floor(Date.now() / 1000);
        const placing = { layers: build.host.layers, tree, now, signal: build.signal };
        await ensureDirectory(config.WorkingDir ?? '/', { uid: 0, gid: 0 }, placing);
      } finally {
        await tree.close();
      }
    },
  });
}

async function commitArg(instruction: ArgInstruction, run: StageRun): Promise<void> {
  const { build, lookup } = run;
  const change = applyArg(instruction, run.config, { lookup, escape: build.escape });
  const { args } = declareArgs(instruction, { ...build.plan.context, lookup });
  for (const { name, value } of args) {
    build.declared.add(name);
    if (value === undefined) run.args.delete(name);
    else run.args.set(name, value);
  }
  await commitChange(change, instruction, run);
}

/** What is wrong with a value is shown where it stands. */
function located(instruction: Instruction, apply: () => ConfigChange): ConfigChange {
  try {
    return apply();
  } catch (error) {
    if (!(error instanceof TskerError) || error instanceof DockerfileError) throw error;
    throw new DockerfileError(messageOf(error), { range: instruction.range, cause: error });
  }
}
