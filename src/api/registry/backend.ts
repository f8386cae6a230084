// What the registry routes need of the engine; registry/service.ts plays it. Types only.
import type { RegistryAuth } from '../../types/image.ts';

export interface RegistryBackend {
  /** Throws `unauthorized` when the registry refuses the credentials. */
  login(auth: RegistryAuth, signal: AbortSignal): Promise<void>;
}
