// RUN --device=name[,required]
import { nearest } from '../nearest.ts';
import type { Word } from '../position.ts';
import type { Statement } from '../statement.ts';
import type { Device } from '../types.ts';
import { fail } from './common.ts';
import { parseBoolean, splitCsv } from './csv.ts';

export function parseDevice(statement: Statement, { text, range }: Word): Device {
  const failHere = (reason: string, suggestion?: string): Error => fail(statement, reason, { range, suggestion });
  const fields = splitCsv(text);
  if (typeof fields === 'string') throw failHere(`failed to parse csv devices: ${fields}`);
  let name = '';
  let required = false;
  for (const field of fields) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? undefined : field.slice(equals + 1);
    if (key === 'required') {
      const parsed = value === undefined ? true : parseBoolean(value);
      if (parsed === undefined) throw failHere(`invalid value for required: ${value}`);
      required = parsed;
    } else if (key === 'name' && value !== undefined) {
      if (name !== '') throw failHere(`device name already set to ${name}`);
      name = value;
    } else if (name === '') name = field;
    else if (value === undefined) throw failHere(`invalid field '${field}' must be a key=value pair`);
    else throw failHere(`unexpected key '${key}' in '${field}'`, nearest(key, ['name', 'required']));
  }
  return { name, required };
}
