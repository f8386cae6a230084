// A connection to a daemon on another host, through the user's own ssh: it runs `system dial-stdio` there, and its standard input and
// output are the connection. Keys, agents, jump hosts and passwords are ssh's business.
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { TskerError } from '../util/errors.ts';
import type { Host } from './host.ts';

export type SshHost = Extract<Host, { readonly kind: 'ssh' }>;

/** Of what ssh said, the end is what explains. */
const MAX_SAID = 4096;

/** Seconds, as Docker's client waits. */
const CONNECT_TIMEOUT = 30;

/** Starts ssh; that it failed arrives as the stream's `error`, in ssh's own words. */
export function connectOverSsh(host: SshHost): Duplex {
  const child = spawn('ssh', sshWords(host), { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  let answered = false;
  /** A write that ssh did not take: what ended it is known at its end. */
  let refused: ((error: Error) => void) | undefined;
  const stream = new Duplex({
    read: () => void child.stdout.resume(),
    write(chunk: Buffer, _encoding, done) {
      child.stdin.write(chunk, (error) => {
        if (error) refused = done;
        else done();
      });
    },
    final: (done) => void child.stdin.end(done),
    destroy(error, done) {
      child.kill();
      done(error);
    },
  });
  child.stderr.on('data', (piece: Buffer) => {
    said = (said + piece.toString()).slice(-MAX_SAID);
  });
  child.stdout.on('data', (piece: Buffer) => {
    answered = true;
    if (!stream.push(piece)) child.stdout.pause();
  });
  // An ssh that is gone is reported by its end, which knows why.
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => void stream.destroy(sshError(host, error.message, error)));
  // Only the end of ssh is the end of the stream: its output ends before it is known that it failed.
  child.on('close', (code) => {
    const error = sshError(host, said.trim() || `ssh ended with ${code ?? 'a signal'}`);
    if (code === 0 || answered) stream.push(null);
    else stream.destroy(error);
    refused?.(error);
  });
  return stream;
}

/** The arguments of ssh. Pure. */
export function sshWords(host: SshHost): readonly string[] {
  return [
    ...['-o', `ConnectTimeout=${CONNECT_TIMEOUT}`, '-T'],
    ...(host.user === undefined ? [] : ['-l', host.user]),
    ...(host.port === undefined ? [] : ['-p', String(host.port)]),
    ...['--', host.address, remoteCommand(host.path)],
  ];
}

/** tsker there, or Docker where there is no tsker. The login shell may be any: it only has to start sh. */
function remoteCommand(path: string | undefined): string {
  const told = path === undefined ? '' : ` -H unix://${quoted(path)}`;
  const script = `command -v tsker >/dev/null && exec tsker${told} system dial-stdio; exec docker${told} system dial-stdio`;
  return `sh -c ${quoted(script)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function sshError(host: SshHost, why: string, cause?: Error): TskerError {
  const message = `cannot reach the daemon at ${host.url}: ${why}`;
  const hint =
    'the other host needs tsker (or docker) in the PATH of a login without a terminal, and a daemon that runs';
  return new TskerError('unavailable', message, { hint, ...(cause === undefined ? {} : { cause }) });
}
