// The first middleware: the headers every answer carries, and the version prefix taken off the path.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { API_VERSION, setApiVersion, splitVersion } from './version.ts';

export interface HeaderOptions {
  readonly engineVersion: string;
}

/** Headers come first, so that a refused version still tells which ones are spoken. */
export function headerMiddleware({ engineVersion }: HeaderOptions) {
  const server = `Docker/${engineVersion} (linux)`;
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    response.setHeader('Server', server);
    response.setHeader('Api-Version', API_VERSION);
    response.setHeader('Ostype', 'linux');
    response.setHeader('Docker-Experimental', 'false');
    const { version, url } = splitVersion(request.url ?? '/');
    setApiVersion(request, version);
    request.url = url;
    next();
  };
}
