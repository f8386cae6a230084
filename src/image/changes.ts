// The Dockerfile instructions that `import --change` and `commit --change` take, applied to an image's configuration:
// CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK NONE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR. Pure.
import { posix } from 'node:path';
import { TskerError } from '../util/errors.ts';
import type { ImageConfig } from './store.types.ts';
import { splitPairs, splitWords } from './words.ts';

type Apply = (config: ImageConfig, rest: string) => ImageConfig;

const INSTRUCTIONS: Readonly<Record<string, Apply>> = {
  CMD: (config, rest) => ({ ...config, Cmd: commandOf(rest) }),
  ENTRYPOINT: (config, rest) => ({ ...config, Entrypoint: commandOf(rest) }),
  ENV: (config, rest) => ({ ...config, Env: mergeEnv(config.Env ?? [], splitPairs(rest)) }),
  EXPOSE: (config, rest) => ({ ...config, ExposedPorts: { ...config.ExposedPorts, ...portsOf(rest) } }),
  HEALTHCHECK: (config, rest) => ({ ...config, Healthcheck: healthcheckOf(rest) }),
  LABEL: (config, rest) => ({ ...config, Labels: { ...config.Labels, ...Object.fromEntries(splitPairs(rest)) } }),
  ONBUILD: (config, rest) => ({ ...config, OnBuild: [...(config.OnBuild ?? []), rest] }),
  STOPSIGNAL: (config, rest) => ({ ...config, StopSignal: rest }),
  USER: (config, rest) => ({ ...config, User: rest }),
  VOLUME: (config, rest) => ({ ...config, Volumes: { ...config.Volumes, ...setOf(listOf(rest)) } }),
  WORKDIR: (config, rest) => ({ ...config, WorkingDir: posix.join('/', config.WorkingDir ?? '', rest) }),
};

/** Applies each line in order. Throws `invalid` for what is no such instruction. */
export function applyChanges(config: ImageConfig, changes: readonly string[]): ImageConfig {
  const lines = changes.flatMap((change) => change.split('\n')).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).reduce(applyChange, config);
}

function applyChange(config: ImageConfig, line: string): ImageConfig {
  const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
  const apply = INSTRUCTIONS[name.toUpperCase()];
  if (apply === undefined) throw new TskerError('invalid', `${name.toLowerCase()} is not a valid change command`);
  if (rest === '') throw new TskerError('invalid', `${name.toUpperCase()} requires at least one argument`);
  if (name.toUpperCase() === 'WORKDIR' && posix.isAbsolute(rest))
    return { ...config, WorkingDir: posix.normalize(rest) };
  return apply(config, rest);
}

/** The exec form as it is, the shell form behind /bin/sh -c. */
function commandOf(rest: string): readonly string[] {
  return jsonStrings(rest) ?? ['/bin/sh', '-c', rest];
}

function listOf(rest: string): readonly string[] {
  return jsonStrings(rest) ?? splitWords(rest);
}

/** What looks like a JSON list but is none is words, as Docker reads it. */
function jsonStrings(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

function mergeEnv(env: readonly string[], pairs: readonly (readonly [string, string])[]): string[] {
  const merged = new Map(env.map((item) => [item.slice(0, item.indexOf('=')), item]));
  for (const [key, value] of pairs) merged.set(key, `${key}=${value}`);
  return [...merged.values()];
}

function portsOf(rest: string): Readonly<Record<string, object>> {
  return setOf(
    splitWords(rest).map((word) => {
      const [, port = '', protocol = 'tcp'] = /^(\d+(?:-\d+)?)(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? [];
      if (port === '') throw new TskerError('invalid', `invalid containerPort: ${word}`);
      return `${port}/${protocol.toLowerCase()}`;
    }),
  );
}

function healthcheckOf(rest: string): { Test: readonly string[] } {
  if (rest.toUpperCase() === 'NONE') return { Test: ['NONE'] };
  const command = /^CMD\s+(.+)$/is.exec(rest)?.[1];
  if (command === undefined) throw new TskerError('invalid', `unknown type "${rest}" in HEALTHCHECK (try CMD)`);
  const list = jsonStrings(command);
  return { Test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list] };
}

function setOf(keys: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(keys.map((key) => [key, {}]));
}
