// A graphdriver whose directories are a set of names: for the store's own order of things, and failures no disk can be
// made to have at will.
import type { GraphDriver } from '../../../src/graphdriver/driver.ts';
import { TskerError } from '../../../src/util/errors.ts';

export interface FakeDriver extends GraphDriver {
  readonly directories: Map<string, { parent: string | undefined }>;
  /** The diff id of the next layers, by the descriptor that is unpacked. */
  readonly diffIds: Map<number, string>;
  /** Makes the named calls fail. */
  readonly failing: Set<'createLayer' | 'setParent' | 'createWritable' | 'remove'>;
}

export function fakeDriver({ independentLayers = true } = {}): FakeDriver {
  const directories = new Map<string, { parent: string | undefined }>();
  const diffIds = new Map<number, string>();
  const failing = new Set<'createLayer' | 'setParent' | 'createWritable' | 'remove'>();
  const check = (call: 'createLayer' | 'setParent' | 'createWritable' | 'remove'): void => {
    if (failing.has(call)) throw new TskerError('no_space', `${call} failed`);
  };
  return {
    name: 'fake',
    independentLayers,
    rootfsIsMount: false,
    directories,
    diffIds,
    failing,
    createLayer: async (id, parent, fd) => {
      check('createLayer');
      directories.set(id, { parent });
      const digestTar = diffIds.get(fd) ?? `sha256:${fd}`;
      return { bytesIn: 10, bytesTar: 20, size: fd, entries: 1, digestIn: `sha256:blob-${fd}`, digestTar };
    },
    record: (id) => `/${id}/record`,
    withArchive: (id, use) => use({ record: `/${id}/record`, tree: `/${id}` }),
    setParent: async (id, parent) => {
      await Promise.resolve();
      check('setParent');
      directories.set(id, { parent });
    },
    createWritable: async (id, parent) => {
      check('createWritable');
      directories.set(id, { parent });
    },
    rootfs: (id) => ({ type: 'bind', source: `/${id}`, options: [] }),
    mount: async (id) => `/mnt/${id}`,
    unmount: async () => undefined,
    remove: async (id) => {
      check('remove');
      directories.delete(id);
    },
    exists: (id) => directories.has(id),
    list: async () => [...directories.keys()],
    changes: async (id, parent) => [{ path: `/${id}/${parent}`, kind: 'added' }],
    withDiff: (id, _parent, use) => use({ path: `/${id}` }),
    diffSize: async () => 3,
    metadata: (id) => ({ UpperDir: `/${id}` }),
    status: async () => [['Fake', 'yes']],
    close: async () => undefined,
  };
}
