// Whether an image is for the platform that was asked for. An image here has one platform: who asks for another one is told
// which it has, in Docker's words. Pure.
import { formatPlatform, type Platform, parsePlatform, platformMatches } from '../registry/platform.ts';
import { TskerError } from '../util/errors.ts';
import type { Image, ImageConfigDocument } from './store.types.ts';

/** Throws `not_found` when the image `name` is for another platform than `text`; undefined takes any. */
export function checkImagePlatform(image: Image, name: string, text: string | undefined): void {
  if (text === undefined) return;
  const wanted = parsePlatform(text);
  const actual = configPlatform(image.config);
  if (platformMatches(wanted, actual)) return;
  throw new TskerError(
    'not_found',
    `image with reference ${name} was found but its platform (${formatPlatform(actual)}) does not match the specified platform (${formatPlatform(wanted)})`,
  );
}

export function configPlatform({ os, architecture, variant }: ImageConfigDocument): Platform {
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}
