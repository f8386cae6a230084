// Why a program could not be executed: looks at the root file system and says it. Docker's words first (clients match on
// them), then what is really wrong.
import { posix } from 'node:path';
import { describeErrno, ERRNO } from '../native/errno.ts';
import { isRunnable, machineName, parseExecutable } from './elf.ts';
import { nearestName } from './nearest.ts';
import type { RootReader } from './rootfs/reader.ts';
import type { Process } from './spec.ts';

export interface ExecFailure {
  readonly code: 'command_not_found' | 'command_not_executable' | 'internal';
  /** `exec: "foo": executable file not found in $PATH` */
  readonly message: string;
  readonly reason: string | undefined;
}

const HEAD = 4096;
/** What execvp searches when there is no PATH. */
const FALLBACK_PATH = '/bin:/usr/bin';

export function explainExec(reader: RootReader, process: Process, errno: number): ExecFailure {
  const program = process.args[0] ?? '';
  const quoted = `exec: ${JSON.stringify(program)}`;
  if (errno === ERRNO.ENOENT && !program.includes('/')) return notInPath(reader, process, { program, quoted });
  const path = program.includes('/') ? posix.resolve(process.cwd, program) : find(reader, process, program);
  if (path === undefined || ![ERRNO.ENOENT, ERRNO.EACCES, ERRNO.ENOEXEC, ERRNO.ENOTDIR].includes(errno)) {
    return { code: codeOf(errno), message: `${quoted}: ${errnoText(errno)}`, reason: undefined };
  }
  // Docker looks before it runs, and so says "stat" for a file that is not there.
  const missing = errno === ERRNO.ENOENT && reader.stat(path) === undefined;
  const message = missing ? `${quoted}: stat ${program}: ${errnoText(errno)}` : `${quoted}: ${errnoText(errno)}`;
  return { code: codeOf(errno), message, reason: missing ? nearestFile(reader, path) : whyNot(reader, path, process) };
}

/** Docker writes the text without the number's name. */
export function errnoText(errno: number): string {
  return describeErrno(errno).replace(/^[A-Z0-9]+: /, '');
}

function codeOf(errno: number): ExecFailure['code'] {
  if (errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR) return 'command_not_found';
  if ([ERRNO.EACCES, ERRNO.EPERM, ERRNO.ENOEXEC, ERRNO.EISDIR, ERRNO.ETXTBSY].includes(errno))
    return 'command_not_executable';
  return 'internal';
}

function notInPath(
  reader: RootReader,
  process: Process,
  { program, quoted }: { program: string; quoted: string },
): ExecFailure {
  const found = find(reader, process, program);
  if (found !== undefined) {
    // It is there: the kernel's ENOENT was about what the file needs.
    const reason = whyNot(reader, found, process);
    return { code: 'command_not_found', message: `${quoted}: no such file or directory`, reason };
  }
  const names = searchPath(process).flatMap((directory) => reader.list(directory));
  const near = nearestName(program, names);
  return {
    code: 'command_not_found',
    message: `${quoted}: executable file not found in $PATH`,
    reason: near === undefined ? undefined : `the nearest name is ${JSON.stringify(near)}`,
  };
}

function searchPath({ env }: Process): string[] {
  const path = env.findLast((one) => one.startsWith('PATH='))?.slice('PATH='.length) ?? FALLBACK_PATH;
  return path.split(':').filter((directory) => directory.startsWith('/'));
}

function find(reader: RootReader, process: Process, program: string): string | undefined {
  return searchPath(process)
    .map((directory) => posix.join(directory, program))
    .find((path) => reader.stat(path)?.stats.isFile());
}

function nearestFile(reader: RootReader, path: string): string | undefined {
  const directory = posix.dirname(path);
  if (reader.stat(directory) === undefined && directory !== '/') return `${directory} does not exist`;
  const near = nearestName(posix.basename(path), reader.list(directory));
  return near === undefined ? undefined : `the nearest name in ${directory} is ${JSON.stringify(near)}`;
}

function whyNot(reader: RootReader, path: string, spec: Process): string | undefined {
  const found = reader.stat(path);
  if (found === undefined) return undefined;
  const { stats } = found;
  if (stats.isDirectory()) return 'is a directory';
  if (!stats.isFile()) return `${path} is not a regular file`;
  if ((stats.mode & 0o111) === 0) return `${path} has no execute permission (mode ${octal(stats.mode)})`;
  return contentReason(reader, path) ?? permissionReason(stats.mode, spec);
}

function contentReason(reader: RootReader, path: string): string | undefined {
  const head = reader.read(path, HEAD);
  if (head === undefined) return undefined;
  const executable = parseExecutable(head);
  switch (executable.kind) {
    case 'empty':
      return `${path} is empty`;
    case 'other':
      return `${path} is neither an ELF program nor a script that starts with #!`;
    case 'script':
      return scriptReason(reader, path, executable.interpreter);
    case 'elf':
      if (!isRunnable(executable.machine, process.arch)) {
        return `${path} is built for ${machineName(executable.machine)}, and this host is ${hostArchitecture()}`;
      }
      return elfReason(reader, path, executable.interpreter);
  }
}

function scriptReason(reader: RootReader, path: string, interpreter: string): string | undefined {
  const name = JSON.stringify(interpreter);
  if (interpreter === '') return `the first line of ${path} names no interpreter`;
  if (interpreter.endsWith('\r')) return `the first line of ${path} ends in a carriage return (DOS line ends): ${name}`;
  const found = reader.stat(posix.resolve('/', interpreter));
  if (found === undefined) return `the interpreter ${name} in the first line of ${path} does not exist`;
  return (found.stats.mode & 0o111) === 0 ? `the interpreter ${name} of ${path} is not executable` : undefined;
}

function elfReason(reader: RootReader, path: string, interpreter: string | undefined): string | undefined {
  if (interpreter === undefined || reader.stat(interpreter) !== undefined) return undefined;
  const libc = interpreter.includes('musl') ? ' (it is linked against musl)' : ' (it is linked against glibc)';
  return `${path} needs the dynamic loader ${interpreter}, which does not exist${libc}`;
}

function permissionReason(mode: number, { user }: Process): string | undefined {
  return user.uid === 0 ? undefined : `user ${user.uid} may not execute it or reach it (mode ${octal(mode)})`;
}

function octal(mode: number): string {
  return `0${(mode & 0o7777).toString(8)}`;
}

function hostArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
