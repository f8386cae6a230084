// The registry verbs behind the API that touch no image here, joined to their connections.
import type { RegistryAuth } from '../types/image.ts';
import type { Connections } from './connections.ts';
import { checkLogin } from './login.ts';

export class RegistryService {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  login(auth: RegistryAuth, signal: AbortSignal): Promise<void> {
    return checkLogin(this.#connections, auth, signal);
  }
}
