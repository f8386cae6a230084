// Trees as tar and the roots they come from and go to: requests become calls of the native library, results become values
// or an ArchiveError.

import { TskerError } from '../util/errors.ts';
import { ID, ID_RANGE_LAYOUT, LIST, PACK, PACK_LAYOUT, PLACE, PLACE_LAYOUT, STAT, STAT_LAYOUT, VIEW } from './abi.ts';
import { archiveError } from './archive-error.ts';
import type {
  IdMaps,
  PackListRequest,
  PackRequest,
  PackResult,
  PlaceRequest,
  PlaceResult,
  StatRequest,
  StatResult,
  ViewRequest,
} from './archive-requests.ts';
import type { Library } from './binding.ts';
import { describeFailure } from './describe.ts';
import { PlanEncoder } from './encode.ts';
import type { EventPipe } from './events.ts';
import { check, cString, failureOf } from './failure.ts';
import { PlanError } from './native.ts';
import { type JobEnd, runJob, runStreamJob } from './run-job.ts';

export class Archives {
  readonly #library: Library;
  readonly #events: EventPipe;
  readonly #encoder = new PlanEncoder();

  constructor(library: Library, events: EventPipe) {
    this.#library = library;
    this.#events = events;
  }

  async pack(request: PackRequest): Promise<PackResult> {
    const { root, path, name, fd, signal } = request;
    const ranges = encodeRanges(request.ids);
    const flags =
      (request.digest === true ? PACK.digest : 0) |
      (request.overlay === true ? PACK.overlay : 0) |
      (request.oneFileSystem === true ? PACK.xdev : 0) |
      (request.chunked === true ? PACK.chunked : 0) |
      (request.plain === true ? PACK.plain : 0);
    const job = { library: this.#library, events: this.#events, what: 'pack', fd, texts: { path, name }, signal };
    const end = await runStreamJob(job, (id) => {
      const result = this.#library.tsker_job_pack(id, root, path, name, fd ?? -1, flags, ranges, ranges.length);
      check(result, 'packing a tree');
    });
    return decodePacked(this.#take('pack', end, PACK_LAYOUT), request.digest === true);
  }

  async packList(request: PackListRequest): Promise<PackResult> {
    const { root, fd, signal } = request;
    const ranges = encodeRanges(request.ids);
    const flags = request.digest === true ? PACK.digest : 0;
    const list = this.#encodeList(request);
    const job = { library: this.#library, events: this.#events, what: 'pack', fd, texts: {}, signal };
    const end = await runStreamJob(job, (id) => {
      const size = list.length - 1;
      const out = fd ?? -1;
      check(
        this.#library.tsker_job_pack_list(id, root, list, size, out, flags, ranges, ranges.length),
        'packing a list of changes',
      );
    });
    return decodePacked(this.#take('pack', end, PACK_LAYOUT), request.digest === true);
  }

  async place(request: PlaceRequest): Promise<PlaceResult> {
    const { root, path, fd, owner, mode, signal } = request;
    const ranges = encodeRanges(request.ids);
    const flags =
      (request.keepKind === true ? PLACE.keepKind : 0) |
      (owner === undefined ? 0 : PLACE.owner) |
      (request.plain === true ? PLACE.plain : 0) |
      (mode === undefined ? 0 : PLACE.mode | (mode << PLACE.modeShift));
    const { uid, gid } = owner ?? { uid: 0, gid: 0 };
    const job = { library: this.#library, events: this.#events, what: 'place', fd, texts: { path }, signal };
    const end = await runStreamJob(job, (id) => {
      const result = this.#library.tsker_job_place(id, root, path, fd, flags, uid, gid, ranges, ranges.length);
      check(result, 'placing an archive');
    });
    const bytes = this.#take('place', end, PLACE_LAYOUT);
    return {
      size: Number(bytes.readBigUInt64LE(PLACE_LAYOUT.contentSize)),
      entries: Number(bytes.readBigUInt64LE(PLACE_LAYOUT.entries)),
    };
  }

  async stat({ root, path, open = false }: StatRequest): Promise<StatResult> {
    const text = cString(path, 'path');
    const end = await runJob(this.#events, (id) => {
      check(this.#library.tsker_job_stat(id, root, text, open ? STAT.open : 0), `looking at ${path}`);
    });
    const bytes = this.#take('stat', end, STAT_LAYOUT);
    const fd = bytes.readInt32LE(STAT_LAYOUT.fd);
    const target = textAt(bytes, STAT_LAYOUT.target);
    return {
      mode: bytes.readUInt32LE(STAT_LAYOUT.mode),
      uid: bytes.readUInt32LE(STAT_LAYOUT.uid),
      gid: bytes.readUInt32LE(STAT_LAYOUT.gid),
      size: Number(bytes.readBigUInt64LE(STAT_LAYOUT.bytes)),
      seconds: Number(bytes.readBigInt64LE(STAT_LAYOUT.seconds)),
      nanoseconds: bytes.readUInt32LE(STAT_LAYOUT.nanoseconds),
      target: target === '' ? undefined : target,
      fd: fd < 0 ? undefined : fd,
    };
  }

  async openView({ source, mounts, readOnly }: ViewRequest): Promise<number> {
    const flags = (mounts ? VIEW.mounts : 0) | (readOnly ? VIEW.rdonly : 0);
    const [pidfd, plan] = 'plan' in source ? [-1, this.#encoder.encode(source.plan)] : [source.pidfd, NOTHING];
    const { event } = await runJob(this.#events, (id) => {
      check(this.#library.tsker_job_view(id, pidfd, plan, pidfd < 0 ? plan.length : 0, flags), 'opening a root');
    });
    if (event.a === 0) return event.b;
    if (!('plan' in source)) throw failureOf(-event.a, "opening a process's root");
    const op = source.plan[event.b];
    throw new PlanError(op, event.b, -event.a, describeFailure(op, -event.a));
  }

  async closeLater(fd: number): Promise<void> {
    const { event } = await runJob(this.#events, (id) => {
      check(this.#library.tsker_job_close(id, fd), `closing descriptor ${fd}`);
    });
    check(event.a, `closing descriptor ${fd}`);
  }

  /** The descriptor is taken over whether the list can be encoded or not: who reads the stream waits for its end. */
  #encodeList({ changes, fd }: PackListRequest): Buffer {
    try {
      return encodeList(changes);
    } catch (error) {
      if (fd !== undefined) this.#library.tsker_close(fd);
      throw error;
    }
  }

  /** The result of a job that ended well. */
  #take(job: 'pack' | 'place' | 'stat', { id, event }: JobEnd, layout: ResultLayout): Buffer {
    const bytes = Buffer.alloc(layout.size);
    const taken = this.#library.tsker_job_result(id, bytes, bytes.length);
    // A job that could not even keep a result has only its event.
    const said = taken < 0 || layout.message === undefined ? '' : textAt(bytes, layout.message);
    if (event.a < 0) throw archiveError({ job, errno: -event.a, stage: event.b, said });
    check(taken, job);
    return bytes;
  }
}

const NOTHING = Buffer.alloc(1);

interface ResultLayout {
  readonly size: number;
  readonly message?: number;
}

function textAt(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString('utf8', at, end < 0 ? bytes.length : end);
}

function decodePacked(bytes: Buffer, digested: boolean): PackResult {
  const digest = bytes.toString('hex', PACK_LAYOUT.sha256, PACK_LAYOUT.sha256 + 32);
  return {
    bytes: Number(bytes.readBigUInt64LE(PACK_LAYOUT.bytes)),
    size: Number(bytes.readBigUInt64LE(PACK_LAYOUT.contentSize)),
    entries: Number(bytes.readBigUInt64LE(PACK_LAYOUT.entries)),
    changed: bytes.readUInt32LE(PACK_LAYOUT.changed),
    skipped: bytes.readUInt32LE(PACK_LAYOUT.skipped),
    digest: digested ? `sha256:${digest}` : undefined,
  };
}

/** With one byte more than the list, which ffi-rs needs when it is empty. */
function encodeList(changes: PackListRequest['changes']): Buffer {
  const parts = changes.map(({ path, deleted }) => {
    if (path === '' || path.includes('\0')) throw new TskerError('invalid', `a list of changes has the path "${path}"`);
    return Buffer.from(`${String.fromCharCode(deleted ? LIST.deleted : LIST.present)}${path}\0`, 'latin1');
  });
  return Buffer.concat([...parts, Buffer.alloc(1)]);
}

function encodeRanges(ids: IdMaps | undefined): Buffer {
  const ranges = [
    ...(ids?.users ?? []).map((range) => ({ kinds: ID.user, ...range })),
    ...(ids?.groups ?? []).map((range) => ({ kinds: ID.group, ...range })),
  ];
  const bytes = Buffer.alloc(ranges.length * ID_RANGE_LAYOUT.size);
  ranges.forEach((range, index) => {
    const at = index * ID_RANGE_LAYOUT.size;
    bytes.writeUInt32LE(range.kinds, at + ID_RANGE_LAYOUT.kinds);
    bytes.writeUInt32LE(range.inside, at + ID_RANGE_LAYOUT.inside);
    bytes.writeUInt32LE(range.outside, at + ID_RANGE_LAYOUT.outside);
    bytes.writeUInt32LE(range.count, at + ID_RANGE_LAYOUT.count);
  });
  return bytes;
}
