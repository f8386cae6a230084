// Sends the same requests to two engines and tells what differs in the answers: status, type, the keys and types of JSON, the
// texts of errors. Values are not compared; the agreement tests of each noun do that.
import { type Answer, call } from './http.ts';

export interface RecordedRequest {
  readonly method: string;
  /** `$NAME` stands for an id that an answer before this one gave (`as`). */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Keeps the answer's `Id` under this name. */
  readonly as?: string;
}

export interface Recording {
  readonly request: string;
  readonly status: number;
  readonly type: string;
  /** Of an error; else undefined. */
  readonly message: string | undefined;
  /** Path of a key → its types; of a body that is no JSON nothing. */
  readonly shape: ReadonlyMap<string, ReadonlySet<string>>;
}

/** In order, for the later ones stand on the earlier. */
export async function record(target: string, requests: readonly RecordedRequest[]): Promise<Recording[]> {
  const ids = new Map<string, string>();
  const fill = (text: string): string => text.replaceAll(/\$([A-Z]+)/g, (whole, name) => ids.get(name) ?? whole);
  const recordings: Recording[] = [];
  for (const { method, path, body, headers, as } of requests) {
    const answer = await call({ target, method, path: encodeURI(fill(path)), body, ...(headers ? { headers } : {}) });
    if (as !== undefined) ids.set(as, answer.json<{ Id?: string }>().Id ?? '');
    recordings.push(toRecording(describe({ method, path, body }), answer));
  }
  return recordings;
}

function describe({ method, path, body }: RecordedRequest): string {
  const isJson = body !== undefined && !(body instanceof Uint8Array);
  return `${method} ${path}${isJson ? ` ${typeof body === 'string' ? body : JSON.stringify(body)}` : ''}`;
}

function toRecording(request: string, { status, headers, text }: Answer): Recording {
  const type = (headers['content-type'] ?? '').split(';')[0] ?? '';
  const values = type === 'application/json' ? parseValues(text) : [];
  const shape = new Map<string, Set<string>>();
  for (const value of values) addShape(shape, '', value);
  const [only] = values;
  const isError = status >= 400 && typeof only === 'object' && only !== null && 'message' in only;
  return { request, status, type, message: isError ? withoutChance(String(only.message)) : undefined, shape };
}

/** One document, or one a line. */
function parseValues(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.map((line) => JSON.parse(line));
  }
}

/** Keys that are data: the names of networks, ids, labels, ports, runtimes. */
const MAPS =
  /\.(Labels|Containers|Networks|Runtimes|Ports|EndpointsConfig|Config\.Volumes|ExposedPorts|PortBindings|Options|DriverOpts|Attributes|IndexConfigs|networks|GraphDriver\.Data|LogConfig\.Config|Annotations|storage_stats|stats)$/;

function addShape(shape: Map<string, Set<string>>, path: string, value: unknown): void {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const types = shape.get(path) ?? new Set();
  shape.set(path, types.add(type));
  if (Array.isArray(value)) {
    for (const element of value) addShape(shape, `${path}[]`, element);
  } else if (typeof value === 'object' && value !== null) {
    const isMap = MAPS.test(path);
    for (const [key, below] of Object.entries(value)) addShape(shape, isMap ? `${path}.*` : `${path}.${key}`, below);
  }
}

/** Ids are random, and so is the order in which Docker tells what it has in a map: `…: b, a`. */
function withoutChance(text: string): string {
  return text
    .trim()
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'ID')
    .replaceAll(/\b[0-9a-f]{12}\b/g, 'SHORT')
    .replace(/(?<=: )[^,: ]+(?:, [^,: ]+)+$/, (names) => names.split(', ').sort().join(', '));
}

/** A line for each thing in which `ours` is not `theirs`. */
export function differences(ours: readonly Recording[], theirs: readonly Recording[]): string[] {
  return ours.flatMap((mine, index) => {
    const other = theirs[index];
    return other === undefined ? [] : compare(mine, other).map((line) => `${mine.request} :: ${line}`);
  });
}

function compare(ours: Recording, theirs: Recording): string[] {
  const found: string[] = [];
  if (ours.status < 400 !== theirs.status < 400) return [`status ${tell(ours)}, Docker ${tell(theirs)}`];
  if (ours.status !== theirs.status) found.push(`status ${ours.status}, Docker ${theirs.status}`);
  if (ours.type !== theirs.type) found.push(`type ${ours.type}, Docker ${theirs.type}`);
  if (ours.message !== theirs.message) found.push(`says "${ours.message}", Docker "${theirs.message}"`);
  if (ours.status < 400 && theirs.status < 400) found.push(...compareShapes(ours.shape, theirs.shape));
  return found;
}

function tell({ status, message }: Recording): string {
  return message === undefined ? String(status) : `${status} (${message})`;
}

function compareShapes(ours: Recording['shape'], theirs: Recording['shape']): string[] {
  const found: string[] = [];
  for (const path of new Set([...ours.keys(), ...theirs.keys()])) {
    const [mine, other] = [ours.get(path), theirs.get(path)];
    // What is below a key that one of them lacks says nothing more.
    const above = path.replace(/(?:\.[^.[\]]*|\[\])$/, '');
    if (path !== '' && (!ours.has(above) || !theirs.has(above))) continue;
    if (mine === undefined && isElement(path)) continue;
    if (other === undefined && isElement(path)) continue;
    if (mine === undefined) found.push(`lacks ${path}`);
    else if (other === undefined) found.push(`has ${path} besides`);
    else if (list(mine) !== list(other)) found.push(`${path} is ${list(mine)}, Docker ${list(other)}`);
  }
  return found;
}

/** Of a list or a map that may be empty in one of the engines. */
function isElement(path: string): boolean {
  return path.endsWith('[]') || path.endsWith('.*');
}

function list(types: ReadonlySet<string>): string {
  return [...types].sort().join('|');
}
