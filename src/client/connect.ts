// Opens a connection to the daemon and turns what can go wrong into words.
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TskerError } from '../util/errors.ts';
import type { Host } from './host.ts';

/** Connects at once; failures arrive as the stream's `error` event, see `explainConnectionError`. */
export function connect(host: Host): Duplex | Promise<Duplex> {
  // Half open, so that closing our side (the end of stdin) leaves the daemon's output readable.
  if (host.kind === 'unix') return connectSocket({ path: host.path, allowHalfOpen: true });
  if (host.kind === 'ssh') return import('./ssh.ts').then(({ connectOverSsh }) => connectOverSsh(host));
  const { tls, address, port } = host;
  if (tls !== undefined) return import('./tls.ts').then(({ connectTls }) => connectTls({ address, port, tls }));
  return connectSocket({ host: address, port, allowHalfOpen: true, noDelay: true });
}

const UNREACHABLE = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'ENOTSOCK',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
]);

/** The error to show for one of a connection to `host`; errors that already speak pass as they are. */
export function explainConnectionError(host: Host, error: unknown): unknown {
  if (error instanceof TskerError || !(error instanceof Error)) return error;
  const errno = (error as NodeJS.ErrnoException).code;
  if (errno === undefined) return error;
  if (UNREACHABLE.has(errno)) {
    const hint = host.kind === 'unix' ? 'start it with: tsker daemon &' : `the address did not answer (${errno})`;
    const message = `cannot connect to the tsker daemon at ${host.url}. Is it running?`;
    return new TskerError('unavailable', message, { hint, errno, cause: error });
  }
  // OpenSSL's, of its own end and of what the other end said.
  if (host.kind === 'tcp' && /^ERR_(SSL|TLS)|CERT|SIGNATURE|ISSUER/.test(errno)) {
    return new TskerError('forbidden', `the TLS connection to ${host.url} failed: ${error.message}`, {
      hint: 'certificates are looked for in DOCKER_CERT_PATH, or as --tlscacert, --tlscert and --tlskey say',
      cause: error,
    });
  }
  if (errno === 'EACCES' || errno === 'EPERM') {
    const message = `permission denied to use the daemon's socket at ${host.url}`;
    const hint = 'run as root, or as a member of the group that owns the socket';
    return new TskerError('forbidden', message, { hint, errno, cause: error });
  }
  return new TskerError('unavailable', `the connection to the daemon at ${host.url} broke: ${error.message}`, {
    errno,
    cause: error,
  });
}
