// A request's body as a stream for whoever reads it, who may stop half-way: the rest is read away, so that the client gets
// the answer. Few clients read one before they have sent everything.
import type { IncomingMessage } from 'node:http';

const DRAIN_MILLISECONDS = 2000;

/** Hands the body to `use`; when that fails, the error is thrown after the rest of the body has come, or some time later. */
export async function consumeBody<T>(
  request: IncomingMessage,
  use: (body: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  try {
    // The usual iterator takes the connection down when its reader stops.
    return await use(request.iterator({ destroyOnReturn: false }));
  } catch (error) {
    await drain(request);
    throw error;
  }
}

/** Reads the rest of a body away. A client that goes on sending is cut off by the answer. */
export async function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, DRAIN_MILLISECONDS);
  for (const event of ['end', 'close']) request.once(event, () => resolve());
  request.resume();
  await promise;
  clearTimeout(timer);
}
