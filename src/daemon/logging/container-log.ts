// The log of one run of a container: what its output's pump writes to, and what those read who ask for it meanwhile. It is
// opened before the pump is made and closed when the pump has ended.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Native } from '../../native/native.ts';
import type { LogSink, RemoteSink, Sink } from '../../native/output-requests.ts';
import type { LogLine } from '../../types/container.ts';
import type { LogConfig } from '../../types/container-config.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import { optionsOf, readDelivery } from './driver.ts';
import { attributesOf, type LogInfo, tagOf } from './info.ts';
import { type ContainerPlace, logPathOf, rotationOf } from './place.ts';
import { LiveLog } from './read/live-log.ts';
import { type ReadOptions, readLogs } from './read/read-logs.ts';
import { StoredLog } from './read/source.ts';
import { type DialNative, dial } from './syslog/dial.ts';
import { headerOf } from './syslog/header.ts';
import { SyslogLink } from './syslog/link.ts';
import { parseSyslogAddress, parseSyslogFacility, parseSyslogFormat, readSyslogTls } from './syslog/options.ts';

export interface LogRequest {
  /** As resolveLogConfig made it. */
  readonly config: LogConfig;
  readonly place: ContainerPlace;
  readonly info: LogInfo;
  readonly native: Pick<Native, 'openLog' | 'openRemote' | 'close'> & DialNative;
  readonly log: Logger;
}

/** Milliseconds to reach a syslog server. */
const DIAL_TIMEOUT = 30_000;

/** Throws TskerError `internal` when the log cannot be opened, in Docker's words; nothing is left open then. */
export async function openContainerLog(request: LogRequest): Promise<ContainerLog> {
  const log = new ContainerLog(request);
  try {
    await log.open();
  } catch (error) {
    await log.close();
    throw new TskerError('internal', `failed to initialize logging driver: ${messageOf(error)}`, { cause: error });
  }
  return log;
}

/** What has been kept of a container that does not run. Throws when its driver keeps nothing. */
export function readStoredLog(
  { config, place }: Pick<LogRequest, 'config' | 'place'>,
  options: ReadOptions,
  signal: AbortSignal,
): AsyncIterable<readonly LogLine[]> {
  return readLogs(new StoredLog(requireReadable({ config, place })), options, signal);
}

/** The path of what can be read. Throws when the driver keeps nothing. */
export function requireReadable({ config, place }: Pick<LogRequest, 'config' | 'place'>): string {
  const path = logPathOf(config, place);
  if (path === undefined) throw notReadable();
  return path;
}

function notReadable(): TskerError {
  return new TskerError('not_implemented', 'configured logging driver does not support reading');
}

export class ContainerLog {
  readonly #request: LogRequest;
  #file: LogSink | undefined;
  #live: LiveLog | undefined;
  #remote: RemoteSink | undefined;
  #link: SyslogLink | undefined;
  /** The file is closed when the last of them has ended. */
  #readers = 0;
  #isClosing = false;

  constructor(request: LogRequest) {
    this.#request = request;
  }

  /** For openContainerLog. */
  async open(): Promise<void> {
    const { config } = this.#request;
    this.#openFile();
    if (config.Type === 'syslog') await this.#openSyslog();
  }

  /** What the pump of the container's output is to write to. */
  get sinks(): readonly Sink[] {
    return [this.#file, this.#remote].filter((sink) => sink !== undefined);
  }

  /** Throws when the driver keeps nothing. Who asks has to read. */
  read(options: ReadOptions, signal: AbortSignal): AsyncIterable<readonly LogLine[]> {
    const live = this.#live;
    if (live === undefined) throw notReadable();
    if (this.#isClosing) return readStoredLog(this.#request, options, signal);
    this.#readers += 1;
    return this.#counted(readLogs(live, options, signal));
  }

  /** The pump has ended, or was never made. Resolves when what was to be sent has been, or had its time. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#live?.end();
    if (this.#readers === 0) this.#file?.close();
    if (this.#link !== undefined) await this.#link.close();
    this.#remote?.close();
  }

  #openFile(): void {
    const { config, place, native, info } = this.#request;
    const path = logPathOf(config, place);
    if (path === undefined) return;
    const options = optionsOf(config);
    const { maxSize, maxFiles, compress } = rotationOf(config);
    mkdirSync(dirname(path), { recursive: true, mode: 0o710 });
    this.#file = native.openLog({
      path,
      maxFiles,
      compress,
      ...(maxSize === undefined ? {} : { maxSize }),
      ...readDelivery(options),
      attributes: config.Type === 'json-file' ? attributesOf(options, info) : '',
    });
    this.#live = new LiveLog(this.#file, maxFiles);
  }

  async #openSyslog(): Promise<void> {
    const { config, native, info, log } = this.#request;
    const options = optionsOf(config);
    const address = parseSyslogAddress(options['syslog-address'] ?? '');
    const format = parseSyslogFormat(options['syslog-format'] ?? '');
    const facility = parseSyslogFacility(options['syslog-facility'] ?? '');
    const tag = tagOf(options, info, '{{.ID}}');
    const tls = readSyslogTls(options);
    const link = new SyslogLink({
      dial: () => dial({ native, address, tls, timeout: DIAL_TIMEOUT }),
      discard: (fd) => native.close(fd),
      log,
    });
    const { hostname } = info;
    this.#remote = native.openRemote({
      ...headerOf({ format, transport: address.kind, facility, tag, hostname, pid: process.pid }),
      ...readDelivery(options),
      lossy: address.kind === 'udp',
      onLost: ({ lines, errno }) => {
        link.lost(lines);
        if (errno !== undefined) link.broken();
      },
    });
    this.#link = link;
    await link.open(this.#remote);
  }

  async *#counted(lines: AsyncIterable<readonly LogLine[]>): AsyncGenerator<readonly LogLine[]> {
    try {
      yield* lines;
    } finally {
      this.#readers -= 1;
      if (this.#isClosing && this.#readers === 0) this.#file?.close();
    }
  }
}
