// One call of a plugin: JSON posted to `/<Method>` over its socket, bounded in time and size. Retries are client.ts's.
import { readFileSync } from 'node:fs';
import { type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { messageOf } from '../util/errors.ts';
import type { PluginAddress, PluginTls } from './address.ts';

const MEDIA_TYPE = 'application/vnd.docker.plugins.v1.2+json';
/** Bytes of an answer. */
const ANSWER_MAX = 16 * 1024 * 1024;

export type Json = Readonly<Record<string, unknown>>;

/** The plugin was not reached, or went away before it had answered: it may be tried again. */
export class PluginUnreachable extends Error {}

/** The plugin answered that it cannot, or with nonsense. */
export class PluginRefusal extends Error {}

export interface CallRequest {
  readonly address: PluginAddress;
  /** `VolumeDriver.Mount`. */
  readonly method: string;
  readonly body: Json;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Throws PluginUnreachable and PluginRefusal. */
export async function callPlugin(call: CallRequest): Promise<Json> {
  const { status, text } = await post(call);
  const answer = parseAnswer(text);
  if (status === 200) {
    if (answer === undefined) throw new PluginRefusal(`${call.method}: the answer is no JSON object`);
    return answer;
  }
  const { Err: said } = answer ?? {};
  throw new PluginRefusal(`${call.method}: ${typeof said === 'string' && said !== '' ? said : text.trim()}`);
}

/** An empty answer has no fields. */
function parseAnswer(text: string): Json | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

function post({ address, method, body, timeout }: CallRequest): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const bytes = Buffer.from(JSON.stringify(body));
  const signal = AbortSignal.timeout(timeout);
  const failed = (error: unknown): void => {
    const why = signal.aborted ? `no answer in ${timeout / 1000} s` : messageOf(error);
    reject(new PluginUnreachable(`${method}: ${why}`, { cause: error }));
  };
  const send = address.kind === 'tcp' && address.tls !== undefined ? requestSecure : requestPlain;
  const sent = send({ ...connection(address), ...headers(method, bytes), signal }, (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > ANSWER_MAX) response.destroy(new Error(`the answer is larger than ${ANSWER_MAX} bytes`));
    });
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
    );
    response.on('error', failed);
  });
  sent.on('error', failed);
  sent.end(bytes);
  return promise;
}

function headers(method: string, body: Buffer): RequestOptions {
  return {
    method: 'POST',
    path: `/${method}`,
    headers: { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE, 'content-length': body.length },
    // A plugin's connection is not kept: it may be another process by the next call.
    agent: false,
  };
}

function connection(address: PluginAddress): RequestOptions {
  if (address.kind === 'unix') return { socketPath: address.path, host: 'plugin' };
  const { host, port, tls } = address;
  return { host, port, ...(tls === undefined ? {} : tlsOptions(tls)) };
}

function tlsOptions({ insecureSkipVerify, ca, cert, key }: PluginTls): Readonly<Record<string, unknown>> {
  return {
    rejectUnauthorized: !insecureSkipVerify,
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
}
