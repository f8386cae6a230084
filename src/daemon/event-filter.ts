// Which events a client's filters let through, as moby's daemon/events/filter.go. Pure.
import { type Filters, matchesLabels } from '../api/filters.ts';
import type { EventMessage } from '../types/event.ts';

/** Every filter has to match; of one filter's values, one. Labels: all. */
export function matchesEvent(event: EventMessage, filters: Filters): boolean {
  for (const [name, values] of filters) {
    if (!matchesOne(event, name, values)) return false;
  }
  return true;
}

function matchesOne(event: EventMessage, name: string, values: readonly string[]): boolean {
  switch (name) {
    case 'type':
      return values.includes(event.Type);
    case 'scope':
      return values.includes(event.scope);
    case 'event':
      return values.some((value) => matchesAction(event.Action, value));
    case 'label':
      return matchesLabels(values, event.Actor.Attributes);
    case 'image':
      return values.some((value) => matchesImage(event, value));
    default:
      return event.Type === name && values.some((value) => matchesActor(event, value));
  }
}

/** `exec_create: sh -c x` is found as `exec_create`. */
function matchesAction(action: string, wanted: string): boolean {
  return action === wanted || action.startsWith(`${wanted}:`);
}

/** By the beginning of id or name. */
function matchesActor({ Actor }: EventMessage, wanted: string): boolean {
  return wanted !== '' && (Actor.ID.startsWith(wanted) || (Actor.Attributes['name'] ?? '').startsWith(wanted));
}

/** Events of an image, and of containers made from it; a name without a tag matches every tag. */
function matchesImage({ Type, Actor }: EventMessage, wanted: string): boolean {
  const names = Type === 'image' ? [Actor.ID, Actor.Attributes['name']] : [Actor.Attributes['image']];
  return names.some((name) => name !== undefined && (name === wanted || withoutTag(name) === wanted));
}

function withoutTag(name: string): string {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}
