// A progress stream as a response: JSON lines from the first message on, and what fails after it as a line of its own.
// What fails before it is thrown, and becomes a real status.
import type { ServerResponse } from 'node:http';
import { messageOf, TskerError } from '../../util/errors.ts';
import { beginStream, clientSignal, sendBody } from '../answer.ts';
import type { StreamOptions } from './backend.ts';

/** Runs `work`, whose messages are the body; its signal is aborted when the client hangs up. */
export async function streamProgress(
  response: ServerResponse,
  work: (options: StreamOptions) => Promise<void>,
): Promise<void> {
  const begin = (): void => {
    if (!response.headersSent) beginStream(response, 'application/json');
  };
  const emit: StreamOptions['emit'] = (message) => {
    if (response.destroyed) return;
    begin();
    response.write(`${JSON.stringify(message)}\r\n`);
  };
  try {
    await work({ emit, signal: clientSignal(response) });
  } catch (error) {
    if (!response.headersSent) throw error;
    const message = messageOf(error);
    emit({ errorDetail: { message }, error: message });
  }
  begin();
  response.end();
}

/** An archive that came with the request, or was named by it, and is none is the sender's fault, not that of a registry. */
export async function blameSender(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof TskerError) || error.code !== 'corrupt') throw error;
    throw new TskerError('invalid', error.message, { cause: error });
  }
}

/** Sends an archive. */
export async function streamBytes(
  response: ServerResponse,
  open: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>,
): Promise<void> {
  const archive = await open(clientSignal(response));
  beginStream(response, 'application/x-tar');
  await sendBody(response, archive);
}
