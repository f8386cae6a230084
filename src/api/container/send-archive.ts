// An archive as the body of an answer. Its bytes go from whoever writes it to the client's socket, and do not pass the event
// loop; only when they are encrypted, or somebody is to see the answer before the client does, they come through here.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { isHeld, sendBody } from '../answer.ts';
import type { ArchiveContent } from './backend.ts';

/** The head has been written. A rejection has to cut the connection, so that no client takes the archive for whole. */
export async function sendArchive(response: ServerResponse, content: ArchiveContent): Promise<void> {
  const { socket } = response.req;
  if (isHeld(response) || socket instanceof TLSSocket) {
    await sendBody(response, content.read());
    return;
  }
  response.flushHeaders();
  await flushed(socket);
  await content.sendTo(socket, { chunked: response.chunkedEncoding });
  response.end();
}

/** The head goes first. That the client has gone is for the writer to notice. */
function flushed(connection: Socket): Promise<void> | undefined {
  if (connection.writableLength === 0) return undefined;
  return new Promise((resolve) => connection.write('', () => resolve()));
}
