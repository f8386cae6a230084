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

/** `image` as the request's version of the API knows it. */
export function withOldFields(request: object, image: ImageInspect): ImageInspect {
  if (versionAtLeast(request, '1.50')) return image;
  const Config = { ...OF_CONTAINERS, ...image.Config };
  // The classic builder's container of a step: there is none here.
  const container = versionAtLeast(request, '1.45') ? {} : { Container: '', ContainerConfig: NO_CONTAINER };
  return { ...image, Config, ...container };
}
