// The `platform` parameter of API 1.48 and later: a platform of image-spec as JSON, where earlier versions had text. Moby's
// rules and words (httputils.DecodePlatform). Pure.
import { messageOf, TskerError } from '../util/errors.ts';
import { type Query, textOf } from './query.ts';

/** `os/architecture[/variant]`, as the backends take it; undefined when there is none. Throws `invalid`. */
export function platformOf(query: Query): string | undefined {
  const text = textOf(query, 'platform');
  if (text === undefined) return undefined;
  const { os, architecture, variant } = parseObject(text);
  if (os === '' && architecture === '' && variant !== '') {
    throw new TskerError('invalid', 'optional platform fields provided, but OS and Architecture are missing');
  }
  if (os === '' || architecture === '') {
    throw new TskerError('invalid', 'both OS and Architecture must be provided');
  }
  return [os, architecture, variant].filter((part) => part !== '').join('/');
}

function parseObject(json: string): { os: string; architecture: string; variant: string } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new TskerError('invalid', `failed to parse platform: ${messageOf(error)}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TskerError('invalid', 'failed to parse platform: it is no JSON object');
  }
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const field = (name: string): string => {
    const found = fields[name] ?? '';
    if (typeof found === 'string') return found;
    throw new TskerError('invalid', `failed to parse platform: ${name} is no string`);
  };
  return { os: field('os'), architecture: field('architecture'), variant: field('variant') };
}
