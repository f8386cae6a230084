// The flags of create and run as the body of POST /containers/create. Pure but for the files that flags name.
import type { CreateRequest } from '../../types/container.ts';
import { defineFlags, type FlagValues } from '../flags/spec.ts';
import { HEALTH_FLAGS, healthConfig } from './health.ts';
import { MOUNT_FLAGS, mountConfig, mountHostConfig } from './mounts.ts';
import { NETWORK_FLAGS, networkConfig, networkHostConfig, networkingConfig } from './network.ts';
import { PROCESS_FLAGS, processConfig, processHostConfig } from './process.ts';
import { RESOURCE_FLAGS, resourceHostConfig } from './resources.ts';
import { SECURITY_FLAGS, securityHostConfig } from './security.ts';
import { orUndefined, type Surroundings } from './words.ts';

/** What create and run have in common. */
export const CREATE_FLAGS = defineFlags({
  ...PROCESS_FLAGS,
  ...MOUNT_FLAGS,
  ...NETWORK_FLAGS,
  ...RESOURCE_FLAGS,
  ...SECURITY_FLAGS,
  ...HEALTH_FLAGS,
});

export type CreateFlags = FlagValues<typeof CREATE_FLAGS>;

export interface CreateTarget {
  readonly image: string;
  /** Empty for the image's own. */
  readonly command: readonly string[];
}

/** Throws UsageError for values that cannot be meant. */
export function createBody(flags: CreateFlags, { image, command }: CreateTarget, around: Surroundings): CreateRequest {
  const networking = networkingConfig(flags);
  const cmd = orUndefined(command);
  return {
    ...processConfig(flags, around),
    ...mountConfig(flags),
    ...networkConfig(flags),
    ...healthConfig(flags),
    ...(cmd === undefined ? {} : { Cmd: cmd }),
    Image: image,
    HostConfig: {
      ...processHostConfig(flags),
      ...mountHostConfig(flags, around.cwd),
      ...networkHostConfig(flags),
      ...resourceHostConfig(flags),
      ...securityHostConfig(flags, around),
    },
    ...(networking === undefined ? {} : { NetworkingConfig: networking }),
  };
}
