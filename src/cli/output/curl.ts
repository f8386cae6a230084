// A request as a line that a shell can run: what `--show-api` prints. Pure. Secrets are left out, by name of what to put there;
// a raw connection becomes a plain POST, which the daemon answers with the same bytes.
import type { ShownRequest } from '../../client/client.ts';
import type { ClientTls, Host } from '../../client/host.ts';

/** What curl sends by itself, or what would make it speak something other than HTTP. */
const OWN_HEADERS = new Set(['user-agent', 'connection', 'upgrade', 'content-type']);
/** Headers that hold credentials, and the shell variable to put them in. */
const SECRET_HEADERS: Readonly<Record<string, string>> = {
  'x-registry-auth': 'X_REGISTRY_AUTH',
  'x-registry-config': 'X_REGISTRY_CONFIG',
};
/** Paths whose body is credentials. */
const SECRET_BODIES = /^(?:\/v[\d.]+)?\/auth$/;
/** base64 of `{}`: nobody's. */
const NO_SECRET = new Set(['e30', 'e30=']);

export function curlLine(host: Host, request: ShownRequest): string {
  const { method, path, headers, body } = request;
  const words = ['curl', '-sS', ...(method === 'HEAD' ? ['-I'] : ['-N', '-X', method])];
  if (host.kind === 'unix') words.push('--unix-socket', quoted(host.path));
  if (host.kind === 'tcp' && host.tls !== undefined) words.push(...tlsWords(host.tls));
  for (const [name, value] of Object.entries(headers)) {
    if (!OWN_HEADERS.has(name.toLowerCase())) words.push('-H', headerWord(name, value));
  }
  if (body !== undefined) words.push(...bodyWords(path, headers, body));
  words.push(quoted(`${baseOf(host)}${path}`));
  return words.join(' ');
}

function tlsWords({ ca, cert, key, verify }: ClientTls): readonly string[] {
  const whom = verify ? ['--cacert', quoted(ca)] : ['--insecure'];
  return [...whom, '--cert', quoted(cert), '--key', quoted(key)];
}

/** Through ssh there is no socket to point curl at; the URL says where it would be. */
function baseOf(host: Host): string {
  if (host.kind !== 'tcp') return 'http://tsker';
  const address = host.address.includes(':') ? `[${host.address}]` : host.address;
  return `${host.tls === undefined ? 'http' : 'https'}://${address}:${host.port}`;
}

function headerWord(name: string, value: string): string {
  const variable = SECRET_HEADERS[name.toLowerCase()];
  return variable === undefined || NO_SECRET.has(value) ? quoted(`${name}: ${value}`) : `"${name}: $${variable}"`;
}

/** A body that is no text, or nobody's business, comes from standard input. */
function bodyWords(path: string, headers: ShownRequest['headers'], body: ShownRequest['body']): readonly string[] {
  const type = headers['Content-Type'] ?? 'application/x-tar';
  const isShown = typeof body === 'string' && !SECRET_BODIES.test(path);
  return ['-H', quoted(`Content-Type: ${type}`), '--data-binary', isShown ? quoted(body) : '@-'];
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
