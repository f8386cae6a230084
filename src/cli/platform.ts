// --platform as API 1.48 and later want it: `os/architecture[/variant]` as a JSON object. Pure.
import { TskerError } from '../util/errors.ts';

/** Undefined when the flag was not given; a lone architecture is Linux's. Throws `invalid`. */
export function platformQuery(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9_.-]+$/.test(part))) {
    throw new TskerError('invalid', `invalid platform: ${JSON.stringify(text)} is not os/architecture[/variant]`);
  }
  const [os = '', architecture, variant] = parts;
  if (architecture === undefined) return JSON.stringify({ architecture: os, os: 'linux' });
  return JSON.stringify({ architecture, os, ...(variant === undefined ? {} : { variant }) });
}
