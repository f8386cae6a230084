// tsker xray CONTAINER: what the kernel sees of a running container, drawn.
import type { Xray } from '../../types/xray.ts';
import { drawXray } from '../xray/draw.ts';
import { defineLook } from '../xray/look.ts';

export const xray = defineLook<Xray>({
  verb: 'xray',
  example: ['xray web', 'Its processes, namespaces, cgroups, layers, mounts, privileges and network'],
  draw: drawXray,
});
