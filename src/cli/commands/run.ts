// tsker run [OPTIONS] IMAGE [COMMAND] [ARG...]: create a container, start it, and be its terminal until it ends.
import type { CreateRequest } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import { parseDetachKeys } from '../attach/detach-keys.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { CREATE_FLAGS } from '../create/body.ts';
import { createContainer } from '../create/create-container.ts';
import { startFailure } from '../create/start-failure.ts';
import { ExitError } from '../exit-error.ts';
import { EXPLAIN_FLAGS, type ExplainWish, explainWish } from '../explain/flags.ts';
import { startOrExplain } from '../explain/start-or-explain.ts';
import { defineFlags } from '../flags/spec.ts';
import { UsageError } from '../usage-error.ts';

const flags = defineFlags({
  ...CREATE_FLAGS,
  detach: { kind: 'boolean', short: 'd', summary: 'Run container in background and print container ID' },
  'detach-keys': { kind: 'string', summary: 'Override the key sequence for detaching a container' },
  'disable-content-trust': { kind: 'boolean', summary: 'Skip image verification', hidden: true },
  ...EXPLAIN_FLAGS,
  'sig-proxy': { kind: 'boolean', summary: 'Proxy received signals to the process', shownDefault: 'true' },
});

type RunCall = CommandCall<typeof flags>;

export const run = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  flags,
  flagsFirst: true,
  args: { min: 1 },
  examples: [
    ['run -it --rm tsker/busybox sh', 'A shell in a new container that is gone afterwards'],
    ['run -d --name web -v $PWD:/www tsker/busybox httpd -f -h /www', 'A server in the background'],
    ['run --rm --explain tsker/busybox true', 'What happens when it starts, system call by system call'],
  ],
  async run(call) {
    try {
      return await (call.flags.detach === true ? runDetached(call) : runAttached(call));
    } catch (error) {
      throw error instanceof ExitError || error instanceof UsageError ? error : new ExitError(125, error);
    }
  },
});

async function runDetached(call: RunCall): Promise<number> {
  if (call.flags.attach.length > 0) throw new UsageError('conflicting options: cannot attach and detach');
  const wish = explainWish(call.flags);
  const { id } = await createContainer({ ...call, adjust: withoutStreams });
  await start(call, id, wish);
  call.io.stdout.write(`${id}\n`);
  return 0;
}

/** Nobody is there at the start: the daemon must not wait for anybody, nor close stdin when the first one leaves. */
function withoutStreams(body: CreateRequest): CreateRequest {
  return { ...body, AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false };
}

async function runAttached(call: RunCall): Promise<number> {
  const { client, io, flags } = call;
  if (flags['detach-keys'] !== undefined) parseDetachKeys(flags['detach-keys']);
  if (flags.tty === true && flags.interactive === true && io.stdin.isTTY !== true) {
    throw new ExitError(1, new TskerError('invalid', 'the input device is not a TTY'));
  }
  const wish = explainWish(flags);
  // Loading the session's modules overlaps with the daemon's work on the create.
  const session = import('../attach/session.ts');
  const { id, body } = await createContainer(call);
  const { runSession } = await session;
  const result = await runSession({
    client,
    io,
    container: id,
    tty: body.Tty === true,
    stdin: body.AttachStdin === true,
    stdout: body.AttachStdout === true,
    stderr: body.AttachStderr === true,
    detachKeys: flags['detach-keys'],
    proxySignals: flags['sig-proxy'] ?? true,
    waitFor: flags.rm === true ? 'removed' : 'next-exit',
    start: () => start(call, id, wish),
    outputAfterStart: wish !== undefined,
  });
  return result === 'detached' ? 0 : result;
}

async function start(call: RunCall, id: string, wish: ExplainWish | undefined): Promise<void> {
  try {
    await startOrExplain(call, id, wish);
  } catch (error) {
    throw startFailure(error);
  }
}
