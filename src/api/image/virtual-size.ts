// `VirtualSize`: the size of an image's layers until API 1.43, where `Size` meant the same already. Clients of that time count
// with it (`docker system df` of 20.10: what could be reclaimed); later ones are not given it.
import { versionAtLeast } from '../version.ts';

const WITHOUT = '1.44';

/** `image` as the request's version of the API knows it. */
export function withVirtualSize<T extends { readonly Size: number }>(request: object, image: T): T {
  return versionAtLeast(request, WITHOUT) ? image : { ...image, VirtualSize: image.Size };
}
