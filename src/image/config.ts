// Reads an image configuration document (image-spec config.md) that comes from a registry or an archive: every field
// that the engine uses later has its type afterwards. Unknown fields stay in the bytes, which are what is stored. Pure.
import { isDigest } from '../registry/digest.ts';
import { MAX_LAYERS, MAX_MANIFEST, parseJson } from '../registry/manifest.ts';
import { TskerError } from '../util/errors.ts';
import type { ImageConfigDocument } from './store.types.ts';

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isBoolean: Check = (value) => typeof value === 'boolean';
const isInteger: Check = (value) => Number.isSafeInteger(value);
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isStrings: Check = (value) => Array.isArray(value) && value.every(isString);
const isStringMap: Check = (value) => isObject(value) && Object.values(value as object).every(isString);
/** Values are `{}`; some tools write null. */
const isSet: Check = (value) =>
  isObject(value) && Object.values(value as object).every((item) => item === null || isObject(item));
const isHistory: Check = (value) =>
  Array.isArray(value) && value.every((item) => isObject(item) && matches(item, HISTORY));
const isHealthcheck: Check = (value) => matches(value, HEALTHCHECK);
const isConfig: Check = (value) => matches(value, CONFIG);

const HEALTHCHECK: Readonly<Record<string, Check>> = {
  Test: isStrings,
  Interval: isInteger,
  Timeout: isInteger,
  StartPeriod: isInteger,
  StartInterval: isInteger,
  Retries: isInteger,
};

const HISTORY: Readonly<Record<string, Check>> = {
  created: isString,
  created_by: isString,
  author: isString,
  comment: isString,
  empty_layer: isBoolean,
};

const CONFIG: Readonly<Record<string, Check>> = {
  User: isString,
  ExposedPorts: isSet,
  Env: isStrings,
  Entrypoint: isStrings,
  Cmd: isStrings,
  Volumes: isSet,
  WorkingDir: isString,
  Labels: isStringMap,
  StopSignal: isString,
  ArgsEscaped: isBoolean,
  OnBuild: isStrings,
  Shell: isStrings,
  Healthcheck: isHealthcheck,
};

const DOCUMENT: Readonly<Record<string, Check>> = {
  created: isString,
  author: isString,
  architecture: isString,
  os: isString,
  variant: isString,
  'os.version': isString,
  container: isString,
  docker_version: isString,
  comment: isString,
  config: isConfig,
  container_config: isObject,
  history: isHistory,
};

/** Absent and null are right for every field. */
function matches(value: unknown, fields: Readonly<Record<string, Check>>): boolean {
  return isObject(value) && wrongField(value as object, fields) === undefined;
}

function wrongField(value: object, fields: Readonly<Record<string, Check>>): string | undefined {
  const given = new Map<string, unknown>(Object.entries(value));
  return Object.keys(fields).find((name) => {
    const item = given.get(name) ?? undefined;
    return item !== undefined && fields[name]?.(item) === false;
  });
}

/** Parses and checks a configuration; throws `corrupt` and says which field is wrong. */
export function parseImageConfig(bytes: Uint8Array): ImageConfigDocument {
  if (bytes.length > MAX_MANIFEST) throw corrupt(`it has more than ${MAX_MANIFEST} bytes`);
  const document = parseJson(bytes);
  const wrong = wrongField(document, DOCUMENT);
  if (wrong === 'config') throw corrupt(`config.${wrongField(document['config'] as object, CONFIG) ?? ''} is wrong`);
  if (wrong !== undefined) throw corrupt(`${wrong} is wrong`);
  const { architecture = '', os } = document;
  if (os === undefined || os === '') throw corrupt('os is missing');
  return {
    ...document,
    architecture,
    os,
    rootfs: { type: 'layers', diff_ids: diffIdsOf(document['rootfs']) },
  } as ImageConfigDocument;
}

function diffIdsOf(rootfs: unknown): readonly string[] {
  const { type, diff_ids: diffIds }: { type?: unknown; diff_ids?: unknown } = isObject(rootfs)
    ? (rootfs as object)
    : {};
  if (type !== 'layers') throw corrupt('rootfs is missing or of an unknown type');
  // An image without layers may say null.
  const ids: unknown = diffIds ?? [];
  if (!Array.isArray(ids) || ids.length > MAX_LAYERS) throw corrupt('rootfs.diff_ids is wrong');
  return ids.map((id: unknown) => {
    if (typeof id !== 'string' || !id.startsWith('sha256:') || !isDigest(id)) throw corrupt('rootfs.diff_ids is wrong');
    return id;
  });
}

function corrupt(what: string): TskerError {
  return new TskerError('corrupt', `invalid image configuration: ${what}`);
}
