// What the image says, under what the user says (moby daemon/commit.go, merge). Pure.
import type { ImageConfig } from '../../image/store.types.ts';
import type { ContainerConfig } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';
import { mergeHealth } from './health-plan.ts';
import { nameOf } from './spec/environment.ts';

/** Throws `invalid` when neither has a command. */
export function mergeImageConfig(config: ContainerConfig, image: ImageConfig = {}): ContainerConfig {
  const command = mergeCommand(config, image);
  const merged: ContainerConfig = {
    ...config,
    ...command,
    User: config.User || (image.User ?? ''),
    WorkingDir: config.WorkingDir || (image.WorkingDir ?? ''),
    Env: mergeEnv(config.Env ?? [], image.Env ?? []),
    Labels: { ...image.Labels, ...config.Labels },
    Volumes: mergeKeys(config.Volumes, image.Volumes),
    ...optional('StopSignal', config.StopSignal || image.StopSignal),
    ...optional('ExposedPorts', mergeKeys(config.ExposedPorts, image.ExposedPorts)),
    ...optional('Healthcheck', mergeHealth(config.Healthcheck, image.Healthcheck)),
    ...optional('Shell', config.Shell ?? image.Shell ?? undefined),
  };
  if ((merged.Entrypoint ?? []).length === 0 && (merged.Cmd ?? []).length === 0) {
    throw new TskerError('invalid', 'no command specified');
  }
  return merged;
}

/** An entrypoint of the user's drops the image's command; `[""]` (--entrypoint "") drops the image's entrypoint alone. */
function mergeCommand(config: ContainerConfig, image: ImageConfig): Pick<ContainerConfig, 'Entrypoint' | 'Cmd'> {
  if ((config.Entrypoint ?? []).length > 0) {
    return { Entrypoint: isReset(config.Entrypoint) ? null : config.Entrypoint, Cmd: config.Cmd };
  }
  const Cmd = (config.Cmd ?? []).length > 0 ? config.Cmd : (image.Cmd ?? null);
  return { Entrypoint: config.Entrypoint ?? image.Entrypoint ?? null, Cmd };
}

function isReset(entrypoint: readonly string[] | null): boolean {
  return entrypoint?.length === 1 && entrypoint[0] === '';
}

/** The user's variables first, then those of the image that the user did not name. */
function mergeEnv(user: readonly string[], image: readonly string[]): string[] {
  const named = new Set(user.map(nameOf));
  return [...user, ...image.filter((entry) => !named.has(nameOf(entry)))];
}

type Keys = Readonly<Record<string, object>> | null | undefined;

function mergeKeys(user: Keys, image: Keys): Readonly<Record<string, object>> | null {
  if (!user && !image) return null;
  return { ...image, ...user };
}

function optional<K extends string, V>(key: K, value: V | undefined | null | ''): { [P in K]?: V } {
  return value === undefined || value === null || value === '' ? {} : ({ [key]: value } as { [P in K]: V });
}

/** `Path` and `Args` of inspect: what is executed. */
export function commandOf({ Entrypoint, Cmd }: Pick<ContainerConfig, 'Entrypoint' | 'Cmd'>): {
  path: string;
  args: string[];
} {
  const [path = '', ...args] = [...(Entrypoint ?? []), ...(Cmd ?? [])];
  return { path, args };
}
