// Flags about the process of a container: what runs, as whom, with which environment, terminal and life span.
import type { ContainerConfig, HostConfig, RestartPolicy } from '../../types/container-config.ts';
import { defineFlags, type FlagValues } from '../flags/spec.ts';
import { UsageError } from '../usage-error.ts';
import { defined } from './defined.ts';
import { orUndefined, pairsToMap, readPairFile, type Surroundings, splitPair } from './words.ts';

export const PROCESS_FLAGS = defineFlags({
  annotation: {
    kind: 'list',
    value: 'map',
    summary: 'Add an annotation to the container (passed through to the runtime)',
  },
  attach: { kind: 'list', short: 'a', summary: 'Attach to STDIN, STDOUT or STDERR' },
  cidfile: { kind: 'string', summary: 'Write the container ID to the file' },
  domainname: { kind: 'string', summary: 'Container NIS domain name' },
  entrypoint: { kind: 'string', summary: 'Overwrite the default ENTRYPOINT of the image' },
  env: { kind: 'list', short: 'e', summary: 'Set environment variables' },
  'env-file': { kind: 'list', summary: 'Read in a file of environment variables' },
  hostname: { kind: 'string', short: 'h', summary: 'Container host name' },
  init: { kind: 'boolean', summary: 'Run an init inside the container that forwards signals and reaps processes' },
  interactive: { kind: 'boolean', short: 'i', summary: 'Keep STDIN open even if not attached' },
  label: { kind: 'list', short: 'l', summary: 'Set meta data on a container' },
  'label-file': { kind: 'list', summary: 'Read in a line delimited file of labels' },
  'log-driver': { kind: 'string', summary: 'Logging driver for the container' },
  'log-opt': { kind: 'list', summary: 'Log driver options' },
  name: { kind: 'string', summary: 'Assign a name to the container' },
  platform: { kind: 'string', summary: 'Set platform if server is multi-platform capable' },
  pull: {
    kind: 'string',
    summary: 'Pull image before running',
    choices: ['always', 'missing', 'never'],
    shownDefault: 'missing',
  },
  quiet: { kind: 'boolean', short: 'q', summary: 'Suppress the pull output' },
  restart: { kind: 'string', summary: 'Restart policy to apply when a container exits', shownDefault: 'no' },
  rm: { kind: 'boolean', summary: 'Automatically remove the container and its anonymous volumes when it exits' },
  runtime: { kind: 'string', summary: 'Runtime to use for this container' },
  'stop-signal': { kind: 'string', summary: 'Signal to stop the container' },
  'stop-timeout': { kind: 'integer', summary: 'Timeout (in seconds) to stop a container' },
  tty: { kind: 'boolean', short: 't', summary: 'Allocate a pseudo-TTY' },
  user: { kind: 'string', short: 'u', summary: 'Username or UID (format: <name|uid>[:<group|gid>])' },
  workdir: { kind: 'string', short: 'w', summary: 'Working directory inside the container' },
});

type ProcessFlags = FlagValues<typeof PROCESS_FLAGS>;

export function processConfig(flags: ProcessFlags, around: Surroundings): Partial<ContainerConfig> {
  const streams = attachedStreams(flags);
  const labels = [...flags['label-file'].flatMap((path) => readPairFile(path, around)), ...flags.label];
  if (labels.some((label) => label.startsWith('='))) throw new UsageError('invalid empty label name');
  return {
    ...streams,
    ...defined<Partial<ContainerConfig>>({
      Hostname: flags.hostname,
      Domainname: flags.domainname,
      User: flags.user,
      Tty: flags.tty,
      OpenStdin: flags.interactive,
      StdinOnce: (flags.interactive === true && streams.AttachStdin) || undefined,
      Env: orUndefined(environment(flags, around)),
      Labels: pairsToMap(labels),
      // Given but empty resets the image's entry point: one empty word is how the API says so.
      Entrypoint: flags.entrypoint === undefined ? undefined : [flags.entrypoint],
      WorkingDir: flags.workdir,
      StopSignal: flags['stop-signal'],
      StopTimeout: flags['stop-timeout'],
    }),
  };
}

export function processHostConfig(flags: ProcessFlags): Partial<HostConfig> {
  const restart = flags.restart === undefined ? undefined : parseRestartPolicy(flags.restart);
  if (flags.rm === true && restart !== undefined && restart.Name !== 'no') {
    throw new UsageError('conflicting options: cannot specify both --restart and --rm');
  }
  if (flags['log-driver'] === 'none' && flags['log-opt'].length > 0) {
    throw new UsageError('invalid logging opts for driver none');
  }
  const hasLog = flags['log-driver'] !== undefined || flags['log-opt'].length > 0;
  return defined<Partial<HostConfig>>({
    ContainerIDFile: flags.cidfile,
    RestartPolicy: restart,
    AutoRemove: flags.rm,
    Annotations: pairsToMap(flags.annotation),
    LogConfig: hasLog ? { Type: flags['log-driver'] ?? '', Config: pairsToMap(flags['log-opt']) ?? {} } : undefined,
    Runtime: flags.runtime,
    Init: flags.init,
  });
}

const STREAMS = ['stdin', 'stdout', 'stderr'];

function attachedStreams({
  attach,
  interactive,
}: ProcessFlags): Pick<ContainerConfig, 'AttachStdin' | 'AttachStdout' | 'AttachStderr'> {
  const wanted = attach.map((name) => name.toLowerCase());
  const strange = wanted.find((name) => !STREAMS.includes(name));
  if (strange !== undefined)
    throw new UsageError(`invalid attach stream '${strange}': valid streams are STDIN, STDOUT and STDERR`);
  return {
    AttachStdin: wanted.includes('stdin') || interactive === true,
    AttachStdout: wanted.length === 0 || wanted.includes('stdout'),
    AttachStderr: wanted.length === 0 || wanted.includes('stderr'),
  };
}

/** Files first, so that -e wins; a name alone takes our own value, and without one unsets the image's. */
export function environment(flags: Pick<ProcessFlags, 'env' | 'env-file'>, around: Surroundings): readonly string[] {
  const fromFiles = flags['env-file'].flatMap((path) => readPairFile(path, around, (name) => around.env[name]));
  const fromFlags = flags.env.map((text) => {
    const [name, value] = splitPair(text);
    if (name === '') throw new UsageError(`invalid environment variable: ${text}`);
    const own = around.env[name];
    return value === undefined && own !== undefined ? `${name}=${own}` : text;
  });
  return [...fromFiles, ...fromFlags];
}

/** `no`, `always`, `unless-stopped`, `on-failure[:n]`. */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [, name = '', count] = /^([a-z-]*)(?::(\d+))?$/.exec(text) ?? [];
  const takesCount = name === 'on-failure';
  if (!['no', 'always', 'unless-stopped', 'on-failure'].includes(name) || (count !== undefined && !takesCount)) {
    throw new UsageError(
      `invalid restart policy '${text}': use no, always, unless-stopped or on-failure[:max-retries]`,
    );
  }
  return { Name: name, MaximumRetryCount: Number(count ?? 0) };
}
