// What logs tell of their container: attributes from labels and environment, and the tag. Pure.
import { messageOf } from '../../util/errors.ts';
import type { LogOptions } from './driver.ts';
import { renderTag } from './tag.ts';

/** A container as log options see it. */
export interface LogInfo {
  readonly id: string;
  /** Without a slash. */
  readonly name: string;
  /** `sha256:…`. */
  readonly imageId: string;
  /** As the user wrote it. */
  readonly imageName: string;
  /** The program and its arguments. */
  readonly path: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname: string;
}

/** The JSON object that each line of a json-file log bears as `attrs`, as Go writes it; '' when there is nothing to say. */
export function attributesOf(options: LogOptions, info: LogInfo): string {
  const attributes = readAttributes(options, info);
  const tag = tagOf(options, info, '');
  if (tag !== '') attributes['tag'] = tag;
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? '' : escapeHtml(JSON.stringify(Object.fromEntries(entries)));
}

/** The `tag` option rendered, or `otherwise`. */
export function tagOf({ tag = '' }: LogOptions, info: LogInfo, otherwise: string): string {
  return renderTag(tag === '' ? otherwise : tag, info);
}

/** `labels`, `labels-regex`, `env` and `env-regex` (moby daemon/logger/loginfo.go). */
function readAttributes(options: LogOptions, { labels, env }: LogInfo): Record<string, string> {
  const environment = Object.fromEntries(
    env.filter((entry) => entry.includes('=')).map((entry) => splitOnce(entry, '=')),
  );
  return {
    ...select(labels, options['labels'], options['labels-regex']),
    ...select(environment, options['env'], options['env-regex']),
  };
}

function select(
  values: Readonly<Record<string, string>>,
  names: string | undefined,
  pattern: string | undefined,
): Record<string, string> {
  const wanted = new Set(names === undefined || names === '' ? [] : names.split(','));
  const regex = pattern === undefined || pattern === '' ? undefined : compile(pattern);
  return Object.fromEntries(Object.entries(values).filter(([key]) => wanted.has(key) || regex?.test(key) === true));
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Go's complaint for JavaScript's. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/Unterminated group/, 'missing closing )'],
  [/Unmatched '\)'/, 'unexpected )'],
  [/Unterminated character class/, 'missing closing ]'],
  [/Nothing to repeat/, 'missing argument to repetition operator'],
];

/** Go's syntax where the two agree, and its flag for either case, which JavaScript has elsewhere. */
function compile(pattern: string): RegExp {
  const ignoresCase = pattern.startsWith('(?i)');
  try {
    return new RegExp(ignoresCase ? pattern.slice(4) : pattern, ignoresCase ? 'iu' : 'u');
  } catch (error) {
    const message = messageOf(error);
    const reason = REASONS.find(([sign]) => sign.test(message))?.[1] ?? message;
    throw new Error(`error parsing regexp: ${reason}: \`${pattern}\``);
  }
}

/** encoding/json escapes what could end a script in a page. */
function escapeHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
