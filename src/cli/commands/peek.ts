// tsker peek CONTAINER: a look at a container that another terminal starts with --step.
import type { Peek } from '../../types/xray.ts';
import { drawPeek } from '../xray/draw.ts';
import { defineLook } from '../xray/look.ts';

export const peek = defineLook<Peek>({
  verb: 'peek',
  example: ['peek web', 'While another terminal does: tsker run --step --name web tsker/busybox sh'],
  draw: drawPeek,
});
