// `--filter key=value`, many times, as the API's `filters` parameter. Pure; the daemon knows which keys there are.
import { TskerError } from '../../util/errors.ts';

/** `{label: ['a=b', 'c'], status: ['exited']}`; undefined without filters. */
export function parseFilters(filters: readonly string[]): Readonly<Record<string, readonly string[]>> | undefined {
  if (filters.length === 0) return undefined;
  const parsed: Record<string, string[]> = {};
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    if (equals <= 0)
      throw new TskerError('invalid', `invalid filter '${filter}'`, { hint: 'filters look like key=value' });
    const key = filter.slice(0, equals).trim().toLowerCase();
    const values = parsed[key] ?? [];
    values.push(filter.slice(equals + 1).trim());
    parsed[key] = values;
  }
  return parsed;
}
