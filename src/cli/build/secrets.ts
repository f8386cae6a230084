// `--secret`: read here, and sent in front of the context; the daemon keeps them in memory for the time of the build.
import { TskerError } from '../../util/errors.ts';
import { splitCsv, splitPair } from '../create/words.ts';
import { UsageError } from '../usage-error.ts';

export interface SecretWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws as `fs.readFileSync`. */
  readonly readFile: (path: string) => Buffer;
}

/** Bytes; Docker's limit. */
const MAX_SECRET = 500 * 1024;

/** `id=ID[,src=PATH|,env=NAME]` → id and content. Without a source the variable of that name, or else the file. */
export function readSecret(text: string, world: SecretWorld): readonly [id: string, content: Buffer] {
  const { id, file, variable } = parseSecret(text, world);
  const content =
    variable === undefined ? readFile(file, world) : Buffer.from(world.env[variable] ?? missing(variable));
  if (content.length > MAX_SECRET) throw new TskerError('invalid', `secret ${id} too big. max size 500KB`);
  return [id, content];
}

function parseSecret(text: string, { env }: SecretWorld) {
  const fields: Record<string, string> = {};
  for (const field of splitCsv(text)) {
    const [key, value] = splitPair(field);
    if (value === undefined) throw new UsageError(`invalid field '${field}' must be a key=value pair`);
    const name = { source: 'src', src: 'src', id: 'id', env: 'env', type: 'type' }[key.toLowerCase()];
    if (name === undefined) throw new UsageError(`unexpected key '${key}' in '${field}'`);
    if (name === 'type' && value !== 'file' && value !== 'env') {
      throw new UsageError(`unsupported secret type ${JSON.stringify(value)}`);
    }
    fields[name] = value;
  }
  const { id, src, env: named, type } = fields;
  if (id === undefined || id === '') throw new UsageError('secret missing ID');
  const variable = named ?? (type === 'env' ? (src ?? id) : undefined);
  if (variable !== undefined) return { id, file: '', variable };
  if (src === undefined && type === undefined && env[id] !== undefined) return { id, file: '', variable: id };
  return { id, file: src ?? id, variable: undefined };
}

function missing(variable: string): never {
  throw new TskerError('invalid', `the environment variable ${variable} of a secret is not set`);
}

function readFile(path: string, { readFile: read }: SecretWorld): Buffer {
  try {
    return read(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file or directory' : message;
    throw new TskerError('invalid', `failed to stat ${path}: ${why}`, { cause: error });
  }
}
