// The environment of an image configuration: `NAME=value` in order, each name once. Pure.
import type { ImageConfig } from '../image/store.types.ts';

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function environmentMap({ Env }: ImageConfig): Map<string, string> {
  return new Map(
    (Env ?? []).map((item) => {
      const equals = item.indexOf('=');
      return equals < 0 ? [item, ''] : [item.slice(0, equals), item.slice(equals + 1)];
    }),
  );
}

/** A name that is there keeps its place, as in Docker. */
export function withVariable(env: readonly string[], name: string, value: string): readonly string[] {
  const item = `${name}=${value}`;
  const at = env.findIndex((old) => old === name || old.startsWith(`${name}=`));
  return at < 0 ? [...env, item] : env.with(at, item);
}

/** Docker gives every stage a PATH, also when its base has none. */
export function withDefaultPath(config: ImageConfig): ImageConfig {
  if (environmentMap(config).has('PATH')) return config;
  return { ...config, Env: [...(config.Env ?? []), `PATH=${DEFAULT_PATH}`] };
}
