// An x-ray, or a look at a half-built container, as the text of a terminal: sections with headings, cut to the width, and of no effect on it. Pure.
import type { Peek, Xray } from '../../types/xray.ts';
import { ellipsis, shortId } from '../output/human.ts';
import { visible } from '../output/visible.ts';
import {
  cgroupLines,
  mountLines,
  namespaceLines,
  networkLines,
  privilegeLines,
  processLines,
  rootLines,
} from './sections.ts';

export interface Look {
  /** Of the terminal; undefined: lines are as long as they are. */
  readonly width: number | undefined;
  readonly colour: boolean;
}

type Section = readonly [title: string, lines: readonly string[]];

export function drawXray(xray: Xray, look: Look): string {
  const { name, id, pid, time } = xray;
  return draw(`${name} (${shortId(id)}), process ${pid}, ${time}`, look, [
    ['Processes', processLines(xray.processes)],
    ['Namespaces', namespaceLines(xray.namespaces)],
    ['Cgroups', shorten(cgroupLines(xray.cgroups), id)],
    ['Root file system', shorten(rootLines(xray.root), id)],
    ['Mounts', shorten(mountLines(xray.mounts), id)],
    ['Privileges', privilegeLines(xray.privileges)],
    ['Network', networkLines(xray.network)],
  ]);
}

export function drawPeek(peek: Peek, look: Look): string {
  const { name, id, pid, done, count, last, next } = peek;
  return draw(`${name} (${shortId(id)}), process ${pid}: ${done} of ${count} operations are done`, look, [
    ['Where it stands', shorten([`last  ${last === undefined ? 'nothing yet' : last.call}`, `next  ${next.call}`], id)],
    ['Names', [`hostname ${peek.hostname}`, `root     ${peek.root}`, `cwd      ${peek.cwd}`]],
    ['Namespaces', namespaceLines(peek.namespaces)],
    ['Cgroups', shorten(cgroupLines(peek.cgroups.map((one) => ({ ...one, limits: [], usage: [] }))), id)],
    ['Privileges', privilegeLines(peek.privileges)],
    [`Mounts as it sees them: ${peek.mounts.length}`, shorten(mountLines(peek.mounts), id)],
  ]);
}

function draw(heading: string, { width, colour }: Look, sections: readonly Section[]): string {
  const cut = (line: string): string => (width === undefined ? visible(line) : ellipsis(visible(line), width));
  const bold = (line: string): string => (colour ? `\x1b[1m${cut(line)}\x1b[0m` : cut(line));
  const lines = sections.flatMap(([title, content]) => ['', bold(title), ...content.map((line) => cut(`  ${line}`))]);
  return [bold(heading), ...lines].map((line) => `${line}\n`).join('');
}

/** The container's id is in most paths; nobody needs more of it here. */
function shorten(lines: readonly string[], id: string): string[] {
  return lines.map((line) => line.replaceAll(id, `${shortId(id)}…`));
}
