// Commands about images, and what makes and moves them, in the order of help.
import { BELOW_NOUN, COMMON, PLAIN, type TableEntry } from './entry.ts';

export const IMAGE_COMMANDS: readonly TableEntry[] = [
  {
    names: ['build', 'image build', 'builder build'],
    summary: 'Build an image from a Dockerfile',
    section: COMMON,
    load: async () => (await import('../commands/build.ts')).build,
  },
  {
    names: ['builder prune'],
    summary: 'Remove build cache',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/builder-prune.ts')).pruneBuilds,
  },
  {
    names: ['pull', 'image pull'],
    summary: 'Download an image from a registry',
    section: COMMON,
    load: async () => (await import('../commands/pull.ts')).pull,
  },
  {
    names: ['images', 'image ls', 'image list'],
    summary: 'List images',
    section: COMMON,
    load: async () => (await import('../commands/images.ts')).images,
  },
  {
    names: ['import', 'image import'],
    summary: 'Import the contents from a tarball to create a filesystem image',
    section: PLAIN,
    load: async () => (await import('../commands/import.ts')).importImage,
  },
  {
    names: ['history', 'image history'],
    summary: 'Show the history of an image',
    section: PLAIN,
    load: async () => (await import('../commands/history.ts')).history,
  },
  {
    names: ['image prune'],
    summary: 'Remove unused images',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/image-prune.ts')).pruneImages,
  },
  {
    names: ['image inspect'],
    summary: 'Display detailed information on one or more images',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/inspect.ts')).inspectImage,
  },
  {
    names: ['load', 'image load'],
    summary: 'Load an image from a tar archive or STDIN',
    section: PLAIN,
    load: async () => (await import('../commands/load.ts')).load,
  },
  {
    names: ['push', 'image push'],
    summary: 'Upload an image to a registry',
    section: COMMON,
    load: async () => (await import('../commands/push.ts')).push,
  },
  {
    names: ['rmi', 'image rm', 'image remove'],
    summary: 'Remove one or more images',
    section: PLAIN,
    load: async () => (await import('../commands/rmi.ts')).rmi,
  },
  {
    names: ['save', 'image save'],
    summary: 'Save one or more images to a tar archive (streamed to STDOUT by default)',
    section: PLAIN,
    load: async () => (await import('../commands/save.ts')).save,
  },
  {
    names: ['search'],
    summary: 'Search Docker Hub for images',
    section: PLAIN,
    load: async () => (await import('../commands/search.ts')).search,
  },
  {
    names: ['tag', 'image tag'],
    summary: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
    section: PLAIN,
    load: async () => (await import('../commands/tag.ts')).tag,
  },
];
