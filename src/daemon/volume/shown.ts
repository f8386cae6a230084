// A volume in the API's own spelling. Pure.
import type { Volume } from '../../types/volume.ts';
import type { VolumeView } from '../../volume/volume.ts';

export function toVolume({ name, driver, labels, options, createdAt, ...rest }: VolumeView): Volume {
  return {
    CreatedAt: createdAt,
    Driver: driver,
    Labels: labels,
    Mountpoint: rest.mountpoint,
    Name: name,
    Options: options,
    Scope: rest.scope,
    ...(rest.status === undefined ? {} : { Status: rest.status }),
  };
}
