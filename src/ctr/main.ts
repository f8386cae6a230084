// `tsker ctr`: speaks to `tsker containerd` without the daemon, to see what it knows and what it can. It has no images or names: those
// are the daemon's.
import { ContainerdConnection } from '../containerd/client.ts';
import { INIT, type TaskInfo } from '../types/containerd.ts';
import { TskerError } from '../util/errors.ts';

const SOCKET = '/run/tsker/containerd/containerd.sock';

const USAGE = `Usage: tsker ctr [--address SOCKET] COMMAND

Asks containerd of the split architecture (tsker daemon --arch split), without the daemon.

  tasks ls                       Tasks: containers that run, with their shims
  tasks ps ID                    Processes of a task: init, and execs
  tasks kill ID [SIGNAL]         A signal, by its number (default 15)
  tasks pause ID, tasks resume ID
  tasks resize ID ROWS COLUMNS   Of its terminal
  containers ls                  Ids alone
  events                         What happens, from now on
  version                        containerd's pid, and the runtime it has shims run

An ID may be cut short. SOCKET: ${SOCKET} unless CONTAINERD_ADDRESS says otherwise.
`;

const NOUNS: ReadonlySet<string> = new Set(['tasks', 'task', 't', 'containers', 'c', 'events', 'version']);

/** Answers the exit code; throws what cannot be done. */
export async function runCtr(argv: readonly string[]): Promise<number> {
  const { address, words } = parse(argv);
  const [noun = '', ...rest] = words;
  if (noun === '' || noun === 'help' || noun === '--help' || noun === '-h') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (!NOUNS.has(noun)) throw unknown(noun);
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => undefined);
  const connection = await ContainerdConnection.open(address, {
    onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
    onClose: () => closed.reject(new TskerError('unavailable', 'containerd is gone')),
  });
  try {
    if (noun !== 'events') process.stdout.write(await answer(connection, noun, rest));
    else {
      await connection.call('events.subscribe', {});
      await closed.promise;
    }
  } finally {
    connection.close();
  }
  return 0;
}

function parse(argv: readonly string[]): { readonly address: string; readonly words: readonly string[] } {
  const [first, address, ...words] = argv;
  if (first !== '--address' && first !== '-a')
    return { address: process.env['CONTAINERD_ADDRESS'] ?? SOCKET, words: argv };
  if (address === undefined) throw new TskerError('invalid', 'flag needs an argument: --address');
  return { address, words };
}

async function answer(connection: ContainerdConnection, noun: string, words: readonly string[]): Promise<string> {
  const [verb = 'ls', wanted = '', ...rest] = words;
  if (noun === 'version') return `${JSON.stringify(await connection.call('version', {}), undefined, 2)}\n`;
  const tasks = await connection.call('tasks.list', {});
  if (noun === 'containers' || noun === 'c') return tasks.map(({ id }) => `${id}\n`).join('');
  if (verb === 'ls' || verb === 'list') return table(['TASK', 'PID', 'SHIM', 'STATUS'], tasks.map(rowOf));
  const task = find(tasks, wanted);
  switch (verb) {
    case 'ps':
      return table(
        ['PROCESS', 'PID', 'EXIT'],
        task.processes.map(({ name, pid, exitCode }) => [
          name,
          String(pid),
          exitCode === undefined ? '-' : String(exitCode),
        ]),
      );
    case 'kill':
      await connection.call('tasks.kill', { id: task.id, process: INIT, signal: number(rest[0] ?? '15') });
      return '';
    case 'pause':
      await connection.call('tasks.pause', { id: task.id });
      return '';
    case 'resume':
      await connection.call('tasks.resume', { id: task.id });
      return '';
    case 'resize': {
      const [rows = '', columns = ''] = rest;
      await connection.call('tasks.resize', {
        id: task.id,
        process: INIT,
        rows: number(rows),
        columns: number(columns),
      });
      return '';
    }
    default:
      throw unknown(`${noun} ${verb}`);
  }
}

function rowOf({ id, shim, status, processes }: TaskInfo): string[] {
  const pid = processes.find(({ name }) => name === INIT)?.pid ?? 0;
  return [id, String(pid), String(shim), status.toUpperCase()];
}

function find(tasks: readonly TaskInfo[], wanted: string): TaskInfo {
  const [found, ...others] = wanted === '' ? [] : tasks.filter(({ id }) => id.startsWith(wanted));
  if (found !== undefined && others.length === 0) return found;
  throw new TskerError('not_found', others.length > 0 ? `several tasks begin with ${wanted}` : `no task ${wanted}`);
}

function number(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new TskerError('invalid', `${JSON.stringify(text)} is no number`);
}

function unknown(what: string): TskerError {
  return new TskerError('invalid', `unknown command: ${what}`, { hint: 'see `tsker ctr --help`' });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}
