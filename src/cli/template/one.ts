// `--format` of one object (inspect, version, info, an event): JSON, or a Go template over what the daemon sent.
import { templateError } from './error.ts';
import { evaluate } from './evaluate.ts';
import { parseTemplate } from './parser.ts';

/** Fields that the API leaves out when they are nil: a template that asks for one gets nil and no error. */
const OPTIONAL = new Set([
  'Annotations',
  'Error',
  'ExposedPorts',
  'Health',
  'Healthcheck',
  'ImageManifestDescriptor',
  'Init',
  'MacAddress',
  'Mounts',
  'NetworkDisabled',
  'OnBuild',
  'Shell',
  'SizeRootFs',
  'SizeRw',
  'StopSignal',
  'StopTimeout',
  'StorageOpt',
  'Sysctls',
  'Tmpfs',
  'Volumes',
]);

/** Renders and ends with a line break. */
export function renderOne(format: string, value: unknown): string {
  return compileOne(format)(value);
}

/** The same for many values: the template is parsed once. */
export function compileOne(format: string): (value: unknown) => string {
  if (format.trim() === 'json') return (value) => `${JSON.stringify(value)}\n`;
  const nodes = parseTemplate(format);
  return (value) => `${evaluate(nodes, value, { missing })}\n`;
}

/** The API's own fields have capitals: one that is missing is a mistake. Anything else is the key of a map (a label). */
function missing(name: string): unknown {
  if (OPTIONAL.has(name)) return null;
  if (!/^\p{Lu}/u.test(name)) return undefined;
  throw templateError(`map has no entry for key ${JSON.stringify(name)}`);
}
