// An explained start as text for a terminal, event by event: cut to its width there, coloured there, whole in a file. Pure.
import type { ExplainDone, ExplainEvent, ExplainFact, ExplainFailed, ExplainOperation } from '../../types/explain.ts';
import { ellipsis, humanSize, shortId } from '../output/human.ts';
import { visible } from '../output/visible.ts';
import type { Renderer } from './narrate.ts';

export interface Look {
  /** Of the terminal; undefined: lines are as long as they are. */
  readonly width: number | undefined;
  readonly colour: boolean;
}

type Paint = 'bold' | 'dim' | 'green' | 'red' | 'cyan' | 'yellow';
const CODES: Readonly<Record<Paint, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** A line, how it looks, and what must be seen of it however short it is. */
type Line = readonly [text: string, paint?: Paint | undefined, end?: string];

const BAR = 24;
/** What a text keeps at least beside its end. */
const MIN_CUT = 16;
/** Parts below this share of the whole are told together. */
const SMALL = 0.01;

export function createNarration(look: Look): Renderer {
  const narration = new Narration();
  const show = (lines: readonly Line[]): string => lines.map((line) => `${showLine(line, look)}\n`).join('');
  return { event: (event) => show(narration.lines(event)), end: () => '' };
}

/** What containers, images and mounts are named after is no command to the terminal. */
function showLine([raw, paint, last = '']: Line, { width, colour }: Look): string {
  const [text, end] = [visible(raw), visible(last)];
  const room = width === undefined ? undefined : width - [...end].length;
  const cut =
    room === undefined
      ? text + end
      : room < MIN_CUT
        ? ellipsis(text + end, room + end.length)
        : ellipsis(text, room) + end;
  return colour && paint !== undefined && cut !== '' ? `\x1b[${CODES[paint]}m${cut}\x1b[0m` : cut;
}

class Narration {
  /** Open spans, for the indentation. */
  #depth = 0;
  #operations: ExplainOperation[] = [];
  #phase = '';
  #container = '';

  lines(event: ExplainEvent): readonly Line[] {
    switch (event.type) {
      case 'request':
        this.#container = event.container;
        return [
          [`${event.method} ${event.path}`, 'bold'],
          [`container ${event.name} (${shortId(event.container)}), daemon process ${event.pid}, ${event.time}`, 'dim'],
        ];
      case 'enter': {
        const lines: readonly Line[] = [
          [`${this.#indent}▸ ${event.step}: ${event.text}`, 'cyan'],
          [`${this.#indent}  ${event.file}  ${event.function}()`, 'dim'],
        ];
        this.#depth++;
        return lines;
      }
      case 'leave':
        this.#depth--;
        return event.failed === true ? [[`${this.#indent}✗ it failed`, 'red']] : [];
      case 'fact':
        if (event.topic === 'process') this.#beginPlan();
        return factLines(event).map((text): Line => [`${this.#indent}${this.#short(text)}`]);
      case 'operation':
        return this.#operation(event);
      case 'pause':
        return [];
      case 'done':
        return [[''], [`process ${event.pid} runs its program`, 'green'], ...this.#summary(event)];
      case 'failed':
        return [[''], [`the start failed: ${event.message}`, 'red'], ...this.#summary(event)];
    }
  }

  /** A start that began anew has a plan of its own. */
  #beginPlan(): void {
    this.#operations = [];
    this.#phase = '';
  }

  get #indent(): string {
    return '  '.repeat(this.#depth);
  }

  #operation(event: ExplainOperation): readonly Line[] {
    if (event.by === 'helper') this.#operations.push(event);
    const isNew = event.phase !== this.#phase;
    this.#phase = event.phase;
    const heading: readonly Line[] = isNew ? [[`${this.#indent}  ${event.phase} (${event.file})`, 'dim']] : [];
    const micros = event.micros === null ? '' : event.micros.toFixed(1);
    const number = String(event.index + 1).padStart(5);
    const text = `${this.#indent}${number} ${micros.padStart(8)} µs  ${this.#short(event.call)}`;
    const end = event.result === '0' ? '' : ` = ${event.result}`;
    return [...heading, event.errno === 0 ? [text, undefined, end] : [text, 'yellow', end]];
  }

  /** The container's id is in most paths; nobody needs more of it here. */
  #short(text: string): string {
    return this.#container === '' ? text : text.replaceAll(this.#container, `${shortId(this.#container)}…`);
  }

  #summary({ summary }: ExplainDone | ExplainFailed): readonly Line[] {
    const { total, parts, operations, operationMicros, slowest } = summary;
    const longest = Math.max(1, ...parts.map(({ micros }) => micros));
    const small = parts.filter(({ micros }) => micros < SMALL * total);
    const others = {
      step: 'others',
      micros: small.reduce((sum, { micros }) => sum + micros, 0),
      text: small.map(({ step }) => step).join(', '),
    };
    const large = parts.filter((part) => !small.includes(part));
    const rows = [...large, ...(small.length === 0 ? [] : [others])].map(({ step, micros, text }): Line => {
      const bar = '█'.repeat(Math.round((micros / longest) * BAR)).padEnd(BAR);
      const share = `${Math.round((100 * micros) / Math.max(1, total))}%`.padStart(4);
      return [`  ${step.padEnd(14)}${milliseconds(micros).padStart(10)} ${share}  ${bar}  ${text}`];
    });
    const slow = slowest.flatMap((index): readonly Line[] => {
      const operation = this.#operations.find((one) => one.index === index);
      if (operation === undefined) return [];
      return [
        [`  ${String(index + 1).padStart(5)} ${(operation.micros ?? 0).toFixed(1).padStart(8)} µs  ${operation.call}`],
      ];
    });
    return [
      [`Where the time went: ${milliseconds(total)}`, 'bold'],
      ...rows,
      [`The plan: ${operations} operations in ${milliseconds(operationMicros)}, the slowest:`, 'bold'],
      ...slow,
    ];
  }
}

function milliseconds(micros: number): string {
  return `${(micros / 1000).toFixed(3)} ms`;
}

function factLines(fact: ExplainFact): readonly string[] {
  switch (fact.topic) {
    case 'image': {
      const { reference, id, layers, size } = fact.data;
      return [
        `image     ${reference}  ${shortId(id)}  ${layers} ${layers === 1 ? 'layer' : 'layers'}, ${humanSize(size, 3)}`,
      ];
    }
    case 'layer': {
      const { number, diffId, size, directory = '' } = fact.data;
      return [
        `layer ${String(number).padEnd(4)}${shortId(diffId)}  ${humanSize(size, 3).padEnd(8)} ${directory}`.trimEnd(),
      ];
    }
    case 'rootfs': {
      const { driver, type, source, options, cwd, lower = [], upper, work } = fact.data;
      const below = (path: string): string =>
        cwd !== undefined && path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path;
      const others = options.filter((option) => !/^(lower|upper|work)dir=/.test(option));
      return [
        `root      mount -t ${type} ${source}, by the driver ${driver}`,
        ...(cwd === undefined ? [] : [`  from    ${cwd}`]),
        ...lower.map((path) => `  lower   ${below(path)}`),
        ...(upper === undefined ? [] : [`  upper   ${below(upper)}`]),
        ...(work === undefined ? [] : [`  work    ${below(work)}`]),
        ...(others.length === 0 ? [] : [`  options ${others.join(',')}`]),
      ];
    }
    case 'endpoint': {
      const { network, driver, address, address6, gateway, mac, hostInterface, index } = fact.data;
      const inside = [fact.data.interface, address, address6, mac].filter((one) => one !== undefined).join(' ');
      const ends = hostInterface === undefined ? '' : `, its other end on the host: ${hostInterface}`;
      const where = [
        gateway === undefined ? '' : `, gateway ${gateway}`,
        ends,
        index === undefined ? '' : `, index ${index}`,
      ];
      return [
        `network   ${network}${driver === undefined ? '' : ` (${driver})`}: ${inside || 'no interface'}${where.join('')}`,
      ];
    }
    case 'port':
      return [`port      ${fact.data.host} of the host leads to ${fact.data.container}`];
    case 'ledger': {
      const { kind, subject, undo } = fact.data;
      return [
        `ledger    ${kind} ${subject}: undone by ${undo.length === 0 ? 'nothing, it goes by itself' : undo.join('; ')}`,
      ];
    }
    case 'process':
      return [`process   ${fact.data.call}`, `          its plan: ${fact.data.operations} operations`];
    case 'joined': {
      const { pid, namespaces, cgroup, hierarchies } = fact.data;
      const named = (how: 'birth' | 'setns'): string =>
        namespaces
          .filter(({ by }) => by === how)
          .map(({ name, inode }) => (inode === undefined ? name : `${name}:[${inode}]`))
          .join(' ');
      const [born, entered] = [named('birth'), named('setns')];
      return [
        `joins     what process ${pid} is in`,
        ...(born === '' ? [] : [`  born in ${born}`]),
        ...(entered === '' ? [] : [`  setns   ${entered}`]),
        `  cgroup  ${cgroup} of ${hierarchies.join(', ')}`,
      ];
    }
    case 'hop':
      return [`hop       ${fact.data.program}, process ${fact.data.pid}: ${fact.data.text}`];
    case 'again': {
      const { attempt, attempts, reason } = fact.data;
      return [`again     ${reason}: attempt ${attempt} of ${attempts}`];
    }
  }
}
