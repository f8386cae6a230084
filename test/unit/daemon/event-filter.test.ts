import test from 'ava';
import { matchesEvent } from '../../../src/daemon/event-filter.ts';
import type { EventMessage } from '../../../src/types/event.ts';

const DIE: EventMessage = {
  status: 'die',
  id: 'abc123',
  from: 'busybox:1',
  Type: 'container',
  Action: 'die',
  Actor: { ID: 'abc123', Attributes: { name: 'web', image: 'busybox:1', exitCode: '0', tier: 'front' } },
  scope: 'local',
  time: 1,
  timeNano: 1,
};
const PULL: EventMessage = {
  Type: 'image',
  Action: 'pull',
  Actor: { ID: 'localhost:5000/busybox:1', Attributes: { name: 'localhost:5000/busybox' } },
  scope: 'local',
  time: 1,
  timeNano: 1,
};

const CASES: [string, EventMessage, Record<string, string[]>, boolean][] = [
  ['nothing', DIE, {}, true],
  ['its type', DIE, { type: ['container'] }, true],
  ['another type', DIE, { type: ['image', 'network'] }, false],
  ['its action', DIE, { event: ['start', 'die'] }, true],
  ['another action', DIE, { event: ['start'] }, false],
  ['the beginning of its id', DIE, { container: ['abc'] }, true],
  ['its name', DIE, { container: ['web'] }, true],
  ['another name', DIE, { container: ['db'] }, false],
  ['an empty name', DIE, { container: [''] }, false],
  ['a label', DIE, { label: ['tier=front'] }, true],
  ['two labels of which one is missing', DIE, { label: ['tier', 'x'] }, false],
  ['its image', DIE, { image: ['busybox:1'] }, true],
  ['its image without a tag', DIE, { image: ['busybox'] }, true],
  ['an image pulled', PULL, { image: ['localhost:5000/busybox'] }, true],
  ['a container, while it is an image', PULL, { container: ['localhost'] }, false],
  ['both type and another action', DIE, { type: ['container'], event: ['start'] }, false],
  ['the local scope', DIE, { scope: ['local'] }, true],
];
for (const [what, event, filters, expected] of CASES) {
  test(`a filter for ${what} ${expected ? 'lets' : 'does not let'} ${event.Type} ${event.Action} through`, (t) => {
    t.is(matchesEvent(event, new Map(Object.entries(filters))), expected);
  });
}

test('an exec event is found by the action before the colon', (t) => {
  t.true(matchesEvent({ ...DIE, Action: 'exec_start: sh -c x' }, new Map([['event', ['exec_start']]])));
});
