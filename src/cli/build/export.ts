// `--output`: the files of the image that was built, in a directory or as a tar.
import { mkdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/client.ts';
import { TskerError } from '../../util/errors.ts';
import { unpackLocal } from '../cp/unpack.ts';
import { splitCsv, splitPair } from '../create/words.ts';
import type { Io } from '../io.ts';
import { writeWhole } from '../output/write-whole.ts';
import { UsageError } from '../usage-error.ts';

export interface BuildOutputTarget {
  readonly kind: 'local' | 'tar';
  /** `-`: standard output. */
  readonly destination: string;
}

/** `DIRECTORY`, `-`, or `type=local|tar,dest=PATH`. */
export function parseOutput(text: string): BuildOutputTarget {
  const fields = splitCsv(text);
  const [only = ''] = fields;
  if (fields.length === 1 && !only.includes('=')) {
    return { kind: only === '-' ? 'tar' : 'local', destination: only };
  }
  const values = new Map<string, string>();
  for (const field of fields) {
    const [key, value] = splitPair(field);
    if (value === undefined) throw new UsageError(`invalid value ${field}`);
    values.set(key.trim().toLowerCase(), value);
  }
  const type = values.get('type');
  if (type === undefined) throw new UsageError('type is required for output');
  if (type !== 'local' && type !== 'tar') {
    throw new UsageError(
      `unsupported output type ${JSON.stringify(type)}: local and tar are there, and -t names the image`,
    );
  }
  const destination = values.get('dest') ?? (type === 'tar' ? '-' : '');
  if (destination === '' || (type === 'local' && destination === '-')) {
    throw new UsageError(`dest is required for ${type} output`);
  }
  return { kind: type, destination };
}

export interface ExportRequest {
  readonly client: ApiClient;
  readonly io: Io;
  readonly output: BuildOutputTarget;
  readonly imageId: string;
}

export async function exportResult({ client, io, output, imageId }: ExportRequest): Promise<void> {
  const { kind, destination } = output;
  if (kind === 'tar') {
    if (destination === '-' && io.stdout.isTTY === true) {
      throw new TskerError('invalid', 'dest file is required for tar exporter. refusing to write to console');
    }
    const archive = await filesOf(client, imageId, undefined);
    if (destination === '-') await pipeline(archive, io.stdout, { end: false });
    else await writeWhole(archive, destination);
    return;
  }
  const target = resolve(destination);
  mkdirSync(target, { recursive: true });
  const warn = (message: string): void => void io.stderr.write(`tsker: ${message}\n`);
  const archive = await filesOf(client, imageId, ROOT);
  await unpackLocal(archive, { directory: dirname(target), entry: ROOT, name: basename(target), warn });
}

/** What the root is called in an archive that is unpacked here. */
const ROOT = 'rootfs';

async function filesOf(client: ApiClient, imageId: string, name: string | undefined) {
  try {
    const { body } = await client.request('GET', `/tsker/images/${encodeURIComponent(imageId)}/files`, {
      query: { name },
    });
    return body.stream();
  } catch (error) {
    if (!(error instanceof ApiError) || error.httpStatus !== 404) throw error;
    throw new TskerError('unsupported', '--output needs a tsker daemon: this is another engine', { cause: error });
  }
}
