// tsker exec [OPTIONS] CONTAINER COMMAND [ARG...]: run a command in a running container.
import { readFileSync } from 'node:fs';
import type { Hijacked } from '../../client/client.ts';
import type { ExecCreateRequest, ExecCreateResponse, ExecInspect } from '../../types/exec.ts';
import { TskerError } from '../../util/errors.ts';
import { parseDetachKeys } from '../attach/detach-keys.ts';
import { pumpInput } from '../attach/input.ts';
import { followSize } from '../attach/resize.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { defined } from '../create/defined.ts';
import { environment } from '../create/process.ts';
import { orUndefined } from '../create/words.ts';
import { EXPLAIN_FLAGS, type ExplainWish, explainWish } from '../explain/flags.ts';
import { defineFlags } from '../flags/spec.ts';
import { copyOutput } from '../output/copy.ts';
import { containerPath } from '../targets.ts';

const flags = defineFlags({
  detach: { kind: 'boolean', short: 'd', summary: 'Detached mode: run command in the background' },
  'detach-keys': { kind: 'string', summary: 'Override the key sequence for detaching a container' },
  env: { kind: 'list', short: 'e', summary: 'Set environment variables' },
  'env-file': { kind: 'list', summary: 'Read in a file of environment variables' },
  explain: EXPLAIN_FLAGS.explain,
  interactive: { kind: 'boolean', short: 'i', summary: 'Keep STDIN open even if not attached' },
  privileged: { kind: 'boolean', summary: 'Give extended privileges to the command' },
  tty: { kind: 'boolean', short: 't', summary: 'Allocate a pseudo-TTY' },
  user: { kind: 'string', short: 'u', summary: 'Username or UID (format: <name|uid>[:<group|gid>])' },
  workdir: { kind: 'string', short: 'w', summary: 'Working directory inside the container' },
});

type ExecCall = CommandCall<typeof flags>;

export const exec = defineCommand({
  usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  flags,
  flagsFirst: true,
  args: { min: 2 },
  examples: [
    ['exec -it web sh', 'A shell beside the program of a running container'],
    ['exec --explain web true', 'What happens when it starts, system call by system call'],
    ['exec -d -u www web touch /tmp/now', 'As another user, in the background'],
  ],
  async run(call) {
    const { client, args, flags, io } = call;
    const [container = ''] = args;
    const attached = flags.detach !== true;
    const wish = explainWish(flags);
    if (flags['detach-keys'] !== undefined) parseDetachKeys(flags['detach-keys']);
    if (attached && flags.tty === true && flags.interactive === true && io.stdin.isTTY !== true) {
      throw new TskerError('invalid', 'the input device is not a TTY');
    }
    const path = containerPath(container, 'exec');
    const { Id } = await client.json<ExecCreateResponse>('POST', path, { json: execBody(call) });
    return attached ? runAttached(call, Id, wish) : runDetached(call, Id, wish);
  },
});

/** Pure but for the files of variables. */
function execBody({ flags, args, io, env }: ExecCall): ExecCreateRequest {
  const around = { env, cwd: process.cwd(), readFile: (path: string) => readFileSync(path, 'utf8') };
  const attached = flags.detach !== true;
  const { isTTY, rows = 0, columns = 0 } = attached && flags.tty === true ? io.stdout : {};
  return {
    Cmd: args.slice(1),
    ...defined<Partial<ExecCreateRequest>>({
      User: flags.user,
      Privileged: flags.privileged,
      Tty: flags.tty,
      AttachStdin: (attached && flags.interactive === true) || undefined,
      AttachStdout: attached || undefined,
      AttachStderr: attached || undefined,
      DetachKeys: flags['detach-keys'],
      Env: orUndefined(environment(flags, around)),
      WorkingDir: flags.workdir,
      ConsoleSize: isTTY === true ? [rows, columns] : undefined,
    }),
  };
}

async function runDetached(call: ExecCall, id: string, wish: ExplainWish | undefined): Promise<number> {
  const json = { Detach: true, Tty: call.flags.tty === true };
  await startOrExplain(call, { id, wish }, () => call.client.send('POST', execPath(id, 'start'), { json }));
  return 0;
}

/** What explains is loaded only for that. */
async function startOrExplain<T>(
  { client, io, env }: ExecCall,
  { id, wish }: { readonly id: string; readonly wish: ExplainWish | undefined },
  start: () => Promise<T>,
): Promise<T> {
  if (wish === undefined) return start();
  const { explainedExec } = await import('../explain/exec.ts');
  return explainedExec({ client, io, env, id, wish }, start);
}

async function runAttached(call: ExecCall, id: string, wish: ExplainWish | undefined): Promise<number> {
  const { client, flags, io } = call;
  const tty = flags.tty === true;
  // The program's output waits in the connection until its start has been told.
  const connection = await startOrExplain(call, { id, wish }, () =>
    client.hijack(execPath(id, 'start'), { json: { Detach: false, Tty: tty } }),
  );
  const ended = copyOutput(connection.stream, { io, multiplexed: !tty });
  ended.catch(() => undefined);
  const undo: (() => void)[] = [];
  try {
    if (tty) undo.push(followSize(client, execPath(id, 'resize'), io.stdout));
    const detached = flags.interactive === true ? forwardInput({ flags, io, connection, tty }, undo) : undefined;
    const left = await Promise.race([ended.then(() => false), ...(detached === undefined ? [] : [detached])]);
    if (left) {
      // An error to Docker, here and not in run.
      io.stderr.write('read escape sequence\n');
      return 1;
    }
    const { ExitCode } = await client.json<ExecInspect>('GET', execPath(id, 'json'));
    return ExitCode ?? 0;
  } finally {
    for (const act of undo.reverse()) act();
    connection.stream.destroy();
  }
}

/** Resolves to true when the user has typed the detach keys. */
function forwardInput(
  { flags, io, connection, tty }: Pick<ExecCall, 'flags' | 'io'> & { connection: Hijacked; tty: boolean },
  undo: (() => void)[],
): Promise<true> {
  const input = pumpInput(io.stdin, connection.stream, { tty, detachKeys: flags['detach-keys'] });
  undo.push(() => input.restore());
  return input.detached.then(() => true);
}

function execPath(id: string, verb: string): string {
  return `/exec/${encodeURIComponent(id)}/${verb}`;
}
