// Whether a container takes execs now, in Docker's words (moby daemon/exec.go, getActiveContainer).
import { TskerError } from '../../util/errors.ts';
import type { Container } from '../container/container.ts';

/** Throws `conflict` unless it runs and is not paused. `name` is what the client called it, where Docker repeats that. */
export function requireActive({ id, record }: Container, name: string = id): void {
  switch (record.state.status) {
    case 'running':
      return;
    case 'paused':
      throw new TskerError('conflict', `Container ${name} is paused, unpause the container before exec`);
    case 'restarting':
      throw new TskerError('conflict', `Container ${name} is restarting, wait until the container is running`);
    default:
      throw new TskerError('conflict', `Container ${id} is not running`);
  }
}
