// Reads request bodies: JSON of bounded size, parsed only by the routes that want it. Streams (build contexts, archives)
// never pass here.
import type { IncomingMessage } from 'node:http';
import { TskerError } from '../util/errors.ts';

/** Bytes. Docker has no limit; the largest honest body (a create with everything) is some tens of kilobytes. */
export const JSON_BODY_MAX = 4 * 1024 * 1024;

/**
 * The body as a JSON object; undefined when there is none. Throws `invalid` for another content type, for what is no JSON
 * object, and for more than `maximum` bytes (JSON_BODY_MAX).
 */
export async function readJson(
  request: IncomingMessage,
  { maximum = JSON_BODY_MAX }: { readonly maximum?: number } = {},
): Promise<Record<string, unknown> | undefined> {
  const bytes = await readBody(request, maximum);
  if (bytes.length === 0) return undefined;
  checkContentType(request.headers['content-type']);
  return parseObject(bytes);
}

function checkContentType(type: string | undefined): void {
  const essence = (type ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (essence === 'application/json') return;
  throw new TskerError('invalid', `unsupported Content-Type header (${essence}): must be 'application/json'`);
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new TskerError('invalid', `invalid JSON: ${cause instanceof Error ? cause.message : 'cannot be parsed'}`, {
      cause,
    });
  }
  // Go's decoder leaves everything as it is; clients send it for a missing structure.
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new TskerError('invalid', 'invalid JSON: the body must be an object');
  }
  return value as Record<string, unknown>;
}

function readBody(request: IncomingMessage, maximum: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maximum) {
      chunks.push(chunk);
      return;
    }
    request.pause();
    reject(new TskerError('invalid', `invalid JSON: the body is larger than ${maximum} bytes`));
  });
  request.on('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
  request.on('error', reject);
  request.on('close', () => {
    // Every request closes in the end, and an error is dear to make.
    if (!request.complete) reject(new TskerError('cancelled', 'the client closed the connection'));
  });
  return promise;
}
