// Resizing the terminal of a running container.
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import type { TerminalSize } from './io.ts';
import { requireRunning } from './state.ts';

export async function resizeContainer(events: EventSink, container: Container, size: TerminalSize): Promise<void> {
  requireRunning(container.id, container.record.state.status);
  await container.run?.io.resize(size);
  emitContainerEvent(events, container, 'resize', { height: String(size.rows), width: String(size.columns) });
}
