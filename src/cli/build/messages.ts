// The lines of a build's stream, as values. Pure.
import type { BuildStepMessage } from '../../types/build.ts';
import type { ProgressMessage } from '../../types/image.ts';
import { TskerError } from '../../util/errors.ts';
import { ExitError } from '../exit-error.ts';

export type BuildLine = ProgressMessage & { readonly step?: BuildStepMessage };

/** What the stream tells besides text. */
export interface BuildFacts {
  /** `sha256:…`. */
  readonly imageId: string | undefined;
  /** The container of the RUN that failed, when it was kept. */
  readonly failedContainer: string | undefined;
}

export function parseLine(line: string): BuildLine {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below: a line that is no JSON is as wrong as one that is no object.
  }
  throw new TskerError('corrupt', `the daemon's progress is not JSON: ${line.slice(0, 80)}`);
}

/** A quiet build says nothing but this. */
const ONLY_ID = /^(sha256:[0-9a-f]{64})\n$/;

export function addFacts(facts: BuildFacts, { aux, stream = '' }: BuildLine): BuildFacts {
  const { ID, FailedContainer }: { readonly ID?: unknown; readonly FailedContainer?: unknown } = aux ?? {};
  return {
    imageId: typeof ID === 'string' && ID !== '' ? ID : (ONLY_ID.exec(stream)?.[1] ?? facts.imageId),
    failedContainer: typeof FailedContainer === 'string' ? FailedContainer : facts.failedContainer,
  };
}

/** The error that a line reports. A command that failed gives the build its exit code, as with Docker. */
export function errorOf({ error, errorDetail }: BuildLine): TskerError | undefined {
  const message = errorDetail?.message ?? error;
  if (message === undefined) return undefined;
  const code = errorDetail?.code ?? 0;
  const failure = new TskerError('internal', message);
  return code > 0 && code < 256 ? new ExitError(code, failure) : failure;
}
