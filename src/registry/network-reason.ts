// What a connection's failure is called: the words of Docker's clients (Go's net and tls packages), which users search for
// and tools match on, and what can be done about it. Pure.
import { messageOf } from '../util/errors.ts';

export interface NetworkReason {
  readonly text: string;
  readonly hint: string | undefined;
}

interface Words {
  text(url: URL): string;
  hint?(url: URL): string;
}

const dial = (url: URL): string => `dial tcp ${url.host}`;
const trust = (url: URL): string =>
  `add its authority to the system's certificates, or start the daemon with --insecure-registry ${url.host}`;

/** OpenSSL read something that is no TLS record: not a code of Node's own. */
const PLAIN_HTTP = 'wrong version number';

/** OpenSSL's words for what the other side ended the handshake with. */
const ALERT = /(?:ssl\/tls|tlsv\d+|sslv3) alert ([a-z ]+):/;
const showCertificate = ({ host }: URL): string =>
  `put the client certificate that the registry wants into /etc/docker/certs.d/${host}, as client.cert and client.key`;

/** By the code of Node's error. */
const REASONS: Readonly<Record<string, Words>> = {
  ECONNREFUSED: { text: (url) => `${dial(url)}: connect: connection refused` },
  EHOSTUNREACH: { text: (url) => `${dial(url)}: connect: no route to host` },
  ENETUNREACH: { text: (url) => `${dial(url)}: connect: network is unreachable` },
  ETIMEDOUT: { text: (url) => `${dial(url)}: i/o timeout` },
  ENOTFOUND: {
    text: ({ hostname }) => `dial tcp: lookup ${hostname}: no such host`,
    hint: () => "check the registry's name, and the daemon's network and name servers",
  },
  EAI_AGAIN: {
    text: ({ hostname }) => `dial tcp: lookup ${hostname}: temporary failure in name resolution`,
    hint: () => "check the daemon's network and name servers",
  },
  ECONNRESET: { text: () => 'the registry closed the connection (EOF)' },
  ERR_STREAM_PREMATURE_CLOSE: { text: () => 'the registry closed the connection before the end (unexpected EOF)' },
  [PLAIN_HTTP]: {
    text: () => 'http: server gave HTTP response to HTTPS client',
    hint: ({ host }) => `for a registry without TLS, start the daemon with --insecure-registry ${host}`,
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    text: () => 'tls: failed to verify certificate: it is a self-signed certificate',
    hint: trust,
  },
  SELF_SIGNED_CERT_IN_CHAIN: {
    text: () => 'tls: failed to verify certificate: a self-signed certificate in its chain',
    hint: trust,
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    text: () => 'tls: failed to verify certificate: signed by an unknown authority',
    hint: trust,
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    text: () => 'tls: failed to verify certificate: signed by an unknown authority',
    hint: trust,
  },
  CERT_HAS_EXPIRED: { text: () => 'tls: failed to verify certificate: it has expired or is not yet valid' },
  CERT_NOT_YET_VALID: { text: () => 'tls: failed to verify certificate: it is not yet valid' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    text: ({ hostname }) => `tls: failed to verify certificate: it is not valid for ${hostname}`,
  },
};

/** The reason of a failed request to `address`; what is not known is said in the error's own words. */
export function networkReason(error: unknown, address: string): NetworkReason {
  const url = new URL(address);
  const words = alertWords(error) ?? REASONS[codeOf(error)];
  if (words === undefined) return { text: ownWords(error), hint: undefined };
  return { text: words.text(url), hint: words.hint?.(url) };
}

function alertWords(error: unknown): Words | undefined {
  const alert = ALERT.exec(messageOf(error))?.[1];
  if (alert === undefined) return undefined;
  const text = (): string => `remote error: tls: ${alert}`;
  return /certificate/.test(alert) ? { text, hint: showCertificate } : { text };
}

/** The code of the socket's error, which node-fetch passes on. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error.message.includes(PLAIN_HTTP)) return PLAIN_HTTP;
  return (error as NodeJS.ErrnoException).code ?? '';
}

/** One line; node-fetch wraps what the socket said in a sentence with the address, which stands in front already. */
function ownWords(error: unknown): string {
  return messageOf(error)
    .replace(/^request to .* failed, reason: /, '')
    .trim()
    .replaceAll(/\s+/g, ' ');
}
