// Events of containers: all labels, and image and name, whatever else the action says (COMPAT.md, trap 6).
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';

export function emitContainerEvent(
  events: EventSink,
  container: Container,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): void {
  const { id, name, config } = container.record;
  events.emit({
    type: 'container',
    action,
    id,
    attributes: { ...config.Labels, ...attributes, image: config.Image, name },
  });
}
