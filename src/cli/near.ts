// Files that the daemon reads itself, where it is on this machine and sees the same: to send them would copy them several times.
import { readFileSync } from 'node:fs';
import { ApiError } from '../client/api-error.ts';
import type { Answer, ApiClient, RequestOptions } from '../client/client.ts';
import { isNear } from '../client/host.ts';

/** 404: another engine, or one that does not see the file, or lets nobody name one; 403: somebody else forbids it. */
const SEND_IT = new Set([403, 404]);

/** The daemon's answer; undefined when it has to be sent what it does not see. */
export async function askNear(
  client: ApiClient,
  method: string,
  { path, ...options }: RequestOptions & { readonly path: string },
): Promise<Answer | undefined> {
  if (!isNear(client.host)) return undefined;
  try {
    return await client.request(method, path, options);
  } catch (error) {
    if (error instanceof ApiError && SEND_IT.has(error.httpStatus)) return undefined;
    throw error;
  }
}

const CAPABILITIES = { DAC_OVERRIDE: 1n, DAC_READ_SEARCH: 2n, FOWNER: 3n } as const;

/** Root is not all: it can be left without its capabilities. */
export function isRootWith(...names: readonly (keyof typeof CAPABILITIES)[]): boolean {
  if (process.geteuid?.() !== 0) return false;
  const [, text = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  const effective = BigInt(`0x${text}`);
  return names.every((name) => (effective & (1n << CAPABILITIES[name])) !== 0n);
}
