// What inspect told of an image until some version of the API, mostly empty: clients of that time read these fields, later ones
// are not given them.
import type { ImageInspect } from '../../types/image.ts';
import { versionAtLeast } from '../version.ts';

/** Of a container's configuration, never of an image's. */
const OF_CONTAINERS = {
  Hostname: '',
  Domainname: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Image: '',
};

const NO_CONTAINER = {
  ...OF_CONTAINERS,
  ...{ User: '', Env: null, Cmd: null, Volumes: null, WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: null },
};

/**
 * `image` as the request's version of the API knows it. The classic builder's container of a step is gone from 1.45 on, and is given all the
 * same, empty: docker-compose 1.29 asks in the daemon's own version, and recreates a container by the volumes of it.
 */
export function withOldFields(
  request: object,
  image: ImageInspect,
): ImageInspect & { readonly Container: string; readonly ContainerConfig: object } {
  const { Volumes = null }: { readonly Volumes?: object | null } = { ...image.Config };
  const container = { Container: '', ContainerConfig: { ...NO_CONTAINER, Volumes } };
  if (versionAtLeast(request, '1.50')) return { ...image, ...container };
  return { ...image, ...container, Config: { ...OF_CONTAINERS, ...image.Config } };
}
