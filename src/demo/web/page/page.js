// The page: what the stream says goes into it, buttons and keys go back. All words come from the server, in one language.
import { drawBar, drawTimeline, drawTree } from './drawing.js';

const DEAD_FOR = 6000;
const NEW_FOR = 2500;
const MORTAL = new Set(['daemon', 'containerd', 'shim', 'container']);

const find = (selector) => document.querySelector(selector);
const words = await (await fetch('/words')).json();

/** An element with text or children. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

function post(path) {
  return fetch(path, { method: 'POST', headers: { 'X-Tsker-Demo': '1' } });
}

function setWords() {
  const { page } = words;
  document.documentElement.lang = words.language;
  document.title = page.title;
  find('#title').textContent = page.title;
  find('#keys').textContent = page.keys;
  find('#next').textContent = page.next;
  find('#end').textContent = page.stop;
  find('#lost').textContent = page.lost;
  for (const id of ['monolith', 'split', 'start']) {
    find(`#${id} h2`).textContent = page[id];
    find(`#${id} .about`).textContent = page[`${id}About`];
  }
  for (const { number, title, short } of words.lessons) {
    const button = make('button', { type: 'button', 'data-lesson': number, title }, `${number} ${short}`);
    button.addEventListener('click', () => post(`/lessons/${number}`));
    find('#lessons').append(button);
  }
}

/** By architecture: the engine that is shown, when each of its processes came, and those that died. */
const shown = new Map();

function nodesOf(roots) {
  return roots.flatMap((node) => [node, ...nodesOf(node.children)]);
}

/** The dead as the trees they were. */
function familiesOf(nodes) {
  const known = new Set(nodes.map(({ pid }) => pid));
  const family = ({ memory: _gone, ...node }) => ({
    ...node,
    children: nodes.filter(({ parent }) => parent === node.pid).map(family),
  });
  return nodes.filter(({ parent }) => !known.has(parent)).map(family);
}

function draw(engine) {
  const now = performance.now();
  const before = shown.get(engine.architecture);
  const same = before?.id === engine.id;
  const alive = nodesOf(engine.roots);
  const pids = new Set(alive.map(({ pid }) => pid));
  const born = new Map(alive.map(({ pid }) => [pid, same ? (before.born.get(pid) ?? now) : now - NEW_FOR]));
  const dead = same ? before.dead.filter(({ until }) => until > now) : [];
  for (const node of same ? before.alive : []) {
    // A runtime that has done its work has not died.
    if (!pids.has(node.pid) && MORTAL.has(node.role)) dead.push({ node, until: now + DEAD_FOR });
  }
  shown.set(engine.architecture, { id: engine.id, engine, alive, born, dead });

  const marks = new Map([...born].filter(([, at]) => now - at < NEW_FOR).map(([pid]) => [pid, 'new']));
  for (const { node } of dead) marks.set(node.pid, 'dead');
  const roots = [...engine.roots, ...familiesOf(dead.map(({ node }) => node))];
  const panel = find(`#${engine.architecture}`);
  panel
    .querySelector('figure')
    .replaceChildren(drawTree({ roots, marks, roles: words.roles, nobody: words.page.nobody }));
  const memory = engine.memory === 0 ? '' : ` · ${words.page.total}: ${(engine.memory / 1e6).toFixed(1)} MB`;
  panel.querySelector('.about').textContent = `${words.page[`${engine.architecture}About`]}${memory}`;
}

/** The dead are taken away when their time is over, whether or not something else changes. */
setInterval(() => {
  for (const { engine, dead } of shown.values()) if (dead.length > 0) draw(engine);
}, 1000);

function drawShown(block) {
  if (block.kind === 'lines') return [make('pre', {}, block.lines.join('\n'))];
  if (block.kind === 'table') {
    const row = (name, cells) => make('tr', {}, ...cells.map((cell) => make(name, {}, cell)));
    return [make('table', {}, row('th', block.head), ...block.rows.map((cells) => row('td', cells)))];
  }
  if (block.kind === 'bars') {
    const most = Math.max(...block.bars.map(({ value }) => value));
    const bars = block.bars.flatMap(({ label, value }, index) => {
      const figure = value >= 100 ? value.toFixed(0) : value.toFixed(2);
      const bar = drawBar(most === 0 ? 0 : value / most, index === 0 ? 'daemon' : 'shim');
      return [make('span', {}, `${label}: ${figure} ${block.unit}`), bar];
    });
    return [make('div', { class: 'bars' }, make('strong', {}, block.title), ...bars)];
  }
  // Trees are drawn above, as they are now.
  return [];
}

const current = () => find('#steps > li:last-child');

const heard = {
  scene: ({ engines }) => {
    for (const engine of engines) draw(engine);
  },
  timeline: (timeline) => {
    find('#start').hidden = false;
    find('#start figure').replaceChildren(drawTimeline(timeline));
  },
  lesson: ({ number, title, summary }) => {
    find('#lesson').textContent = fill(words.lesson, { number, title });
    find('#steps').replaceChildren();
    find('#lesson').title = summary;
    find('#end').disabled = false;
    find('#next').disabled = true;
    for (const button of document.querySelectorAll('[data-lesson]')) {
      button.setAttribute('aria-current', String(button.dataset.lesson === String(number)));
    }
  },
  step: ({ title, says, commands }) => {
    current()?.classList.add('past');
    find('#next').disabled = true;
    const text = make('div', { class: 'says' }, ...says.map((paragraph) => make('p', {}, paragraph)));
    const typed = make('pre', {}, [words.alone, ...commands.map((command) => `$ ${command}`)].join('\n'));
    find('#steps').append(make('li', {}, make('h3', {}, title), text, typed));
    find('#story').scrollIntoView({ block: 'nearest' });
  },
  sight: ({ shown: blocks, claims }) => {
    const list = claims.map(({ sentence, holds }) =>
      make('li', holds ? {} : { class: 'bad' }, holds ? sentence : `${words.notSo} ${sentence}`),
    );
    current()?.append(...blocks.flatMap(drawShown), make('ul', { class: 'claims' }, ...list));
  },
  failure: ({ message }) => {
    const line = make('ul', { class: 'claims' }, make('li', { class: 'bad' }, `${words.failed} ${message}`));
    (current() ?? find('#steps')).append(line);
  },
  waiting: () => {
    find('#next').disabled = false;
    find('#next').focus({ preventScroll: true });
  },
  done: (outcome) => {
    find('#next').disabled = true;
    find('#end').disabled = true;
    if (outcome.claims > 0) find('#steps').append(make('li', { class: 'done' }, fill(words.page.done, outcome)));
  },
};

function next() {
  if (find('#next').disabled) return;
  find('#next').disabled = true;
  post('/next');
}

function listen() {
  const stream = new EventSource('/stream');
  stream.addEventListener('open', () => {
    find('#lost').hidden = true;
  });
  stream.addEventListener('error', () => {
    find('#lost').hidden = false;
  });
  for (const [event, act] of Object.entries(heard)) {
    stream.addEventListener(event, ({ data }) => act(JSON.parse(data)));
  }
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  // A button that has the focus answers Space by itself.
  const button = event.target instanceof HTMLButtonElement;
  if (/^[1-9]$/.test(event.key)) post(`/lessons/${event.key}`);
  else if (event.key === 'n' || event.key === 'ArrowRight' || (event.key === ' ' && !button)) next();
  else if (event.key === 'Escape') post('/end');
  else return;
  event.preventDefault();
});

setWords();
find('#next').addEventListener('click', next);
find('#end').addEventListener('click', () => post('/end'));
listen();
