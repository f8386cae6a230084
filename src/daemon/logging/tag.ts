// The `tag` log option: text with {{.Name}} and the like, as far as tags need Go's templates: fields, maps, literals,
// functions and pipes. No conditions, no loops. Pure.
import type { LogInfo } from './info.ts';

type Value = string | number | readonly string[] | Readonly<Record<string, string>>;

/** The fields and methods of moby's logger.Info. */
function fieldsOf(info: LogInfo): Readonly<Record<string, Value>> {
  return {
    ID: info.id.slice(0, 12),
    FullID: info.id,
    ContainerID: info.id,
    Name: info.name,
    ContainerName: `/${info.name}`,
    ImageID: info.imageId.slice(0, 12),
    ImageFullID: info.imageId,
    ContainerImageID: info.imageId,
    ImageName: info.imageName,
    ContainerImageName: info.imageName,
    Command: [info.path, ...info.args].join(' '),
    ContainerEntrypoint: info.path,
    ContainerArgs: info.args,
    ContainerEnv: info.env,
    ContainerLabels: info.labels,
    Hostname: info.hostname,
    DaemonName: 'docker',
  };
}

const FUNCTIONS: Readonly<Record<string, (...values: readonly Value[]) => Value>> = {
  json: (value = '') => JSON.stringify(value),
  lower: (value = '') => print(value).toLowerCase(),
  upper: (value = '') => print(value).toUpperCase(),
  title: (value = '') => print(value).replace(/(^|\s)\S/g, (first) => first.toUpperCase()),
  split: (value = '', separator = '') => print(value).split(print(separator)),
  join: (value = '', separator = '') => (Array.isArray(value) ? value.join(print(separator)) : print(value)),
  truncate: (value = '', length = 0) => print(value).slice(0, Number(length)),
  pad: (value = '', before = 0, after = 0) => {
    return print(value) === '' ? '' : ' '.repeat(Number(before)) + print(value) + ' '.repeat(Number(after));
  },
  index: (value = '', key = '') => lookUp(value, key),
};

/** Throws in the words of Go's text/template. */
export function renderTag(template: string, info: LogInfo): string {
  const parts = template.split('{{');
  const [text = '', ...actions] = parts;
  let before = text;
  let result = text;
  for (const action of actions) {
    const place = placeOf(before);
    const end = action.indexOf('}}');
    if (end < 0) throw new Error(`template: log-tag:${place.line}: unclosed action`);
    result += print(evaluate(action.slice(0, end), info, place)) + action.slice(end + 2);
    before += `{{${action}`;
  }
  return result;
}

/** Of an action, for messages: Go counts columns from the start of the line to behind the braces. */
interface Place {
  readonly line: number;
  readonly column: number;
}

function placeOf(before: string): Place {
  const lines = before.split('\n');
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 2 };
}

/** Commands with pipes between them: the value of one is the last argument of the next. */
function evaluate(pipeline: string, info: LogInfo, place: Place): Value {
  let piped: Value | undefined;
  for (const command of splitWords(pipeline, place)) piped = run(command, { piped, fields: fieldsOf(info), place });
  return piped ?? '';
}

/** The words of each command: a name, a .field, a quoted text, a number. */
function splitWords(pipeline: string, { line }: Place): string[][] {
  const commands: string[][] = [[]];
  for (const [word] of pipeline.matchAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|\||[^\s|"`]+/g)) {
    if (word === '|') commands.push([]);
    else commands.at(-1)?.push(word);
  }
  if (commands.some((words) => words.length === 0)) {
    throw new Error(`template: log-tag:${line}: missing value for command`);
  }
  return commands;
}

interface Scope {
  readonly piped: Value | undefined;
  readonly fields: Readonly<Record<string, Value>>;
  readonly place: Place;
}

function run([first = '', ...rest]: readonly string[], scope: Scope): Value {
  const values = rest.map((word) => readOperand(word, scope));
  const last = scope.piped === undefined ? [] : [scope.piped];
  const call = Object.hasOwn(FUNCTIONS, first) ? FUNCTIONS[first] : undefined;
  if (call !== undefined) return call(...values, ...last);
  if (/^\w/.test(first) && !/^\d/.test(first)) {
    throw new Error(`template: log-tag:${scope.place.line}: function ${JSON.stringify(first)} not defined`);
  }
  return readOperand(first, scope);
}

function readOperand(word: string, { fields, place }: Scope): Value {
  const { line, column } = place;
  if (/^-?\d+$/.test(word)) return Number(word);
  if (word.startsWith('"')) return unquote(word, line);
  if (word.startsWith('`')) return word.slice(1, -1);
  const [head, ...path] = word.split('.').slice(1);
  if (!word.startsWith('.') || head === undefined) {
    throw new Error(`template: log-tag:${line}: unexpected ${JSON.stringify(word)} in operand`);
  }
  const value = Object.hasOwn(fields, head) ? fields[head] : undefined;
  if (value === undefined) {
    const where = `template: log-tag:${line}:${column}: executing "log-tag" at <${word}>`;
    throw new Error(`${where}: can't evaluate field ${head} in type *logger.Info`);
  }
  return path.reduce<Value>((map, key) => lookUp(map, key) || '<no value>', value);
}

function unquote(word: string, line: number): string {
  try {
    return JSON.parse(word) as string;
  } catch {
    throw new Error(`template: log-tag:${line}: invalid syntax`);
  }
}

function lookUp(value: Value, key: Value): Value {
  if (Array.isArray(value)) return (value as readonly string[])[Number(key)] ?? '';
  if (typeof value !== 'object' || !Object.hasOwn(value, print(key))) return '';
  return (value as Readonly<Record<string, string>>)[print(key)] ?? '';
}

/** As fmt prints it. */
function print(value: Value): string {
  if (Array.isArray(value)) return `[${value.join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value as Readonly<Record<string, string>>).sort();
    return `map[${entries.map(([key, text]) => `${key}:${text}`).join(' ')}]`;
  }
  return String(value);
}
