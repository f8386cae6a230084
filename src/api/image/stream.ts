// A progress stream as a response: JSON lines from the first message on, and what fails after it as a line of its own.
// What fails before it is thrown, and becomes a real status.
import type { Response } from 'express';
import { messageOf } from '../../util/errors.ts';
import type { StreamOptions } from './backend.ts';

/** Runs `work`, whose messages are the body; its signal is aborted when the client hangs up. */
export async function streamProgress(
  response: Response,
  work: (options: StreamOptions) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  const emit: StreamOptions['emit'] = (message) => {
    if (!response.headersSent) response.status(200).type('application/json');
    if (!response.destroyed) response.write(`${JSON.stringify(message)}\r\n`);
  };
  try {
    await work({ emit, signal: controller.signal });
  } catch (error) {
    if (!response.headersSent) throw error;
    const message = messageOf(error);
    emit({ errorDetail: { message }, error: message });
  }
  if (!response.headersSent) response.status(200).type('application/json');
  response.end();
}
