// Streams of a terminal whose master is the shim's: what it copies comes and goes through pipes. Its size is asked of it.
import type { ProcessControl, TerminalWish } from '../../runtime/runtime.ts';
import type { Io, IoNative, IoRequest, StartedProcess, TeeOptions, TerminalSize } from '../container/io.ts';
import type { Streams } from '../container/pipe-io.ts';
import { PumpedIo } from '../container/pumped-io.ts';

export class RelayedTerminalIo extends PumpedIo implements Io {
  readonly stdio: TerminalWish;
  readonly #native: IoNative;
  readonly #childEnds: readonly number[];
  #control: ProcessControl | undefined;

  constructor(
    { size, ...request }: IoRequest & { readonly size: TerminalSize },
    { stdin, stdout, stderr, paths }: Partial<Streams> = {},
  ) {
    const { native, openStdin } = request;
    const output = stdout ?? native.pipe();
    const input = stdin ?? (openStdin ? native.pipe() : undefined);
    super(request, { stdin: input?.write, stdout: output.read });
    if (stderr !== undefined) for (const fd of [stderr.read, stderr.write]) native.close(fd);
    this.#native = native;
    this.#childEnds = [output.write, ...(input === undefined ? [] : [input.read])];
    this.stdio = {
      ...{ terminal: true, ...size, stdout: output.write },
      ...(input === undefined ? {} : { stdin: input.read }),
      ...(paths === undefined ? {} : { paths }),
    };
  }

  /** A terminal has one stream, and no frames. */
  tee(fd: number, { carry = false }: Pick<TeeOptions, 'carry'> = {}): void {
    this.pump.tee(fd, { stdout: true, stderr: false, mux: false, carry });
  }

  started({ control }: StartedProcess): void {
    this.#control = control;
    this.born();
  }

  override exited(): void {
    super.exited();
    this.#control = undefined;
  }

  async resize(size: TerminalSize): Promise<void> {
    await this.#control?.resize(size);
  }

  protected closeChildEnds(): void {
    for (const fd of this.#childEnds) this.#native.close(fd);
  }
}
