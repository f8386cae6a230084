// Draws what the page shows as SVG: process trees, bars, the timeline of a start. Data in, elements out; it keeps nothing.

const SVG = 'http://www.w3.org/2000/svg';
const BOX = { width: 230, height: 104, across: 26, down: 44 };
/** Bytes that fill a box's bar. */
const FULL = 120e6;
/** Pixels of a label beside the timeline. */
const LABEL = 560;
const ROW = 27;

/** An SVG element with attributes and children. */
function shape(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}

/** Places a tree: leaves side by side, a parent over the middle of its children. */
function place(roots) {
  const placed = [];
  let next = 0;
  const visit = (node, depth, above) => {
    const own = { node, depth, above, x: 0 };
    const children = node.children.map((child) => visit(child, depth + 1, own));
    own.x = children.length === 0 ? next++ : (children[0].x + children.at(-1).x) / 2;
    placed.push(own);
    return own;
  };
  for (const root of roots) visit(root, 0, undefined);
  return { placed, columns: next, depth: Math.max(0, ...placed.map((one) => one.depth)) + 1 };
}

/** The tree of one engine. `marks` says which pids are new or dead; `roles` names roles. */
export function drawTree({ roots, marks, roles, nobody }) {
  const { placed, columns, depth } = place(roots);
  const width = Math.max(2, columns) * (BOX.width + BOX.across);
  const height = Math.max(2, depth) * (BOX.height + BOX.down) - BOX.down + 8;
  const shift = (width - columns * (BOX.width + BOX.across)) / 2;
  const left = ({ x }) => shift + x * (BOX.width + BOX.across) + BOX.across / 2;
  const top = ({ depth: level }) => level * (BOX.height + BOX.down) + 4;
  const edges = placed.flatMap((one) => {
    if (one.above === undefined) return [];
    const [x1, y1] = [left(one.above) + BOX.width / 2, top(one.above) + BOX.height];
    const [x2, y2] = [left(one) + BOX.width / 2, top(one)];
    const middle = (y1 + y2) / 2;
    return [shape('path', { class: 'edge', d: `M${x1} ${y1} V${middle} H${x2} V${y2}` })];
  });
  const boxes = placed.map((one) =>
    drawBox(one.node, { x: left(one), y: top(one), mark: marks.get(one.node.pid), roles }),
  );
  const empty = placed.length > 0 ? [] : [shape('text', { x: width / 2, y: 60, 'text-anchor': 'middle' }, nobody)];
  return shape('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img' }, ...edges, ...boxes, ...empty);
}

function drawBox(node, { x, y, mark = '', roles }) {
  const role = [roles[node.role], node.container].filter(Boolean).join(' ');
  const share = Math.min(1, (node.memory ?? 0) / FULL);
  const text = (dy, name, words) => shape('text', { x: 14, y: dy, class: name }, words);
  const parts = [
    shape('rect', { class: 'box', width: BOX.width, height: BOX.height, rx: 10 }),
    text(28, 'role', role),
    text(51, 'command', node.command.length > 22 ? `${node.command.slice(0, 21)}…` : node.command),
    text(74, 'small', `pid ${node.pid} ← ${node.parent}`),
  ];
  if (node.memory !== undefined) {
    parts.push(shape('rect', { class: 'bar', x: 14, y: 84, height: 8, width: Math.max(2, share * (BOX.width - 100)) }));
    parts.push(
      shape('text', { x: BOX.width - 14, y: 94, class: 'small', 'text-anchor': 'end' }, megabytes(node.memory)),
    );
  }
  if (mark === 'dead') {
    const cross = `M14 14 L${BOX.width - 14} ${BOX.height - 14} M${BOX.width - 14} 14 L14 ${BOX.height - 14}`;
    parts.push(shape('path', { class: 'cross', d: cross }));
  }
  const classes = `${node.role} ${mark}`.trim();
  return shape('g', { class: classes, 'data-pid': node.pid, transform: `translate(${x} ${y})` }, ...parts);
}

/** One bar of a measurement, as long as its share of the longest. */
export function drawBar(share, role) {
  const bar = shape('rect', { class: 'bar', width: Math.max(1, share * 1000), height: 30, rx: 4 });
  return shape('svg', { viewBox: '0 0 1000 30', preserveAspectRatio: 'none' }, shape('g', { class: role }, bar));
}

/** An explained start: a row for each module and each kind of system call, from left to right as time went. */
export function drawTimeline({ total, rows }) {
  const width = 1600;
  const room = width - LABEL - 130;
  const lines = rows.map(({ kind, label, file, slices, depth }, index) => {
    const y = index * ROW;
    const bars = slices.map(({ start, micros }) => {
      const [x, length] = [LABEL + (start / total) * room, Math.max(2, (micros / total) * room)];
      return shape('rect', { class: kind, x, y: y + 5, width: length, height: ROW - 9, rx: 2 });
    });
    const last = slices.at(-1);
    const end = LABEL + ((last.start + last.micros) / total) * room;
    const sum = slices.reduce((micros, slice) => micros + slice.micros, 0);
    const name = label.length > 58 ? `${label.slice(0, 57)}…` : label;
    return shape(
      'g',
      {},
      shape('title', {}, `${label} (${file})`),
      shape('text', { x: depth * 18, y: y + 19, class: kind === 'phase' ? 'command' : '' }, name),
      ...bars,
      shape('text', { x: end + 10, y: y + 19, class: 'small' }, `${sum.toFixed(0)} µs`),
    );
  });
  return shape('svg', { viewBox: `0 0 ${width} ${rows.length * ROW}`, role: 'img' }, ...lines);
}
