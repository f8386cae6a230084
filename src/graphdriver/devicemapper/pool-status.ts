// What a thin pool says of itself (Documentation/admin-guide/device-mapper/thin-provisioning.rst, Status), and the lines that
// Docker's info makes of it. Pure.
import { TskerError } from '../../util/errors.ts';
import { humanSize } from '../../util/human-size.ts';

export interface PoolStatus {
  readonly usedMetadataBlocks: number;
  readonly totalMetadataBlocks: number;
  readonly usedDataBlocks: number;
  readonly totalDataBlocks: number;
  /** False: no space is left, or the metadata is broken; the pool has to be repaired by hand. */
  readonly writable: boolean;
}

/** The metadata's own unit. */
const METADATA_BLOCK = 4096;

/** `<transaction> <used>/<total metadata> <used>/<total data> <held root> rw|ro|out_of_data_space ...`, or `Fail`. */
export function parsePoolStatus(text: string): PoolStatus {
  const found = /^\d+ (\d+)\/(\d+) (\d+)\/(\d+) \S+ (\S+)/.exec(text);
  if (found === null) throw new TskerError('unavailable', `the thin pool is in no state to be used: ${text}`);
  const [, usedMetadataBlocks, totalMetadataBlocks, usedDataBlocks, totalDataBlocks] = found.map(Number);
  return {
    usedMetadataBlocks: usedMetadataBlocks ?? 0,
    totalMetadataBlocks: totalMetadataBlocks ?? 0,
    usedDataBlocks: usedDataBlocks ?? 0,
    totalDataBlocks: totalDataBlocks ?? 0,
    writable: found[5] === 'rw',
  };
}

export interface PoolFacts {
  readonly poolName: string;
  readonly blockSize: number;
  readonly baseSize: number;
  readonly fileSystem: string;
  /** Percent. */
  readonly minFreeSpace: number;
  readonly loopFiles: { readonly data: string; readonly metadata: string } | undefined;
  readonly dataDevice: string;
  readonly metadataDevice: string;
  readonly status: PoolStatus;
}

export function statusLines(facts: PoolFacts): [string, string][] {
  const { status, blockSize, loopFiles } = facts;
  const data = (blocks: number): string => humanSize(blocks * blockSize);
  const metadata = (blocks: number): string => humanSize(blocks * METADATA_BLOCK);
  return [
    ['Pool Name', facts.poolName],
    ['Pool Blocksize', humanSize(blockSize)],
    ['Base Device Size', humanSize(facts.baseSize)],
    ['Backing Filesystem', facts.fileSystem],
    ['Udev Sync Supported', 'false'],
    ...(facts.dataDevice === '' ? [] : ([['Data file', facts.dataDevice]] satisfies [string, string][])),
    ...(facts.metadataDevice === '' ? [] : ([['Metadata file', facts.metadataDevice]] satisfies [string, string][])),
    ...(loopFiles === undefined
      ? []
      : ([
          ['Data loop file', loopFiles.data],
          ['Metadata loop file', loopFiles.metadata],
        ] satisfies [string, string][])),
    ['Data Space Used', data(status.usedDataBlocks)],
    ['Data Space Total', data(status.totalDataBlocks)],
    ['Data Space Available', data(status.totalDataBlocks - status.usedDataBlocks)],
    ['Metadata Space Used', metadata(status.usedMetadataBlocks)],
    ['Metadata Space Total', metadata(status.totalMetadataBlocks)],
    ['Metadata Space Available', metadata(status.totalMetadataBlocks - status.usedMetadataBlocks)],
    ['Thin Pool Minimum Free Space', data(Math.floor((status.totalDataBlocks * facts.minFreeSpace) / 100))],
    ['Deferred Removal Enabled', 'true'],
    ['Deferred Deletion Enabled', 'false'],
    ['Deferred Deleted Device Count', '0'],
  ];
}
