import test from 'ava';
import { platformArgs } from '../../../src/builder/args.ts';
import { parseDockerfile } from '../../../src/builder/parser/parse.ts';
import { type Base, type PlanOptions, planStages, type StagePlan } from '../../../src/builder/stages.ts';
import { TskerError } from '../../../src/util/errors.ts';

function plan(text: string, options?: PlanOptions): StagePlan {
  return planStages(parseDockerfile(text), options);
}

function nameOf(base: Base): string {
  if (base.kind === 'scratch') return 'scratch';
  return base.kind === 'stage' ? `#${base.index}` : base.image;
}

const GRAPH = `FROM debian AS base
FROM base AS Tools
RUN true
FROM base AS unused
FROM golang AS build
COPY --from=tools /bin/x /bin/
RUN --mount=type=bind,from=base,target=/m --mount=type=cache,target=/c,from=cache:1 --mount=type=tmpfs,from=x,target=/t make
FROM scratch
COPY --from=BUILD /out /
COPY --from=1 /b /
COPY --from=nginx:1.25 /etc/nginx /
`;

test('bases and sources are stages when they are named so, images otherwise', (t) => {
  const { stages } = plan(GRAPH);
  t.deepEqual(
    stages.map(({ name, base, sources }) => [name, nameOf(base), sources.map(nameOf)]),
    [
      ['base', 'debian', []],
      ['tools', '#0', []],
      ['unused', '#0', []],
      ['build', 'golang', ['#1', '#0', 'cache:1']],
      [undefined, 'scratch', ['#3', '#1', 'nginx:1.25']],
    ],
  );
});

for (const [target, needed] of [
  [undefined, [0, 1, 3, 4]],
  ['', [0, 1, 3, 4]],
  ['tools', [0, 1]],
  ['TOOLS', [0, 1]],
  ['unused', [0, 2]],
  ['base', [0]],
  ['3', [0, 1, 3]],
] as const) {
  test(`target ${target} needs the stages ${needed.join(', ')}`, (t) => {
    t.deepEqual(
      plan(GRAPH, { target }).needed.map(({ index }) => index),
      needed,
    );
  });
}

test('a target that does not exist is refused, with the nearest name', (t) => {
  const error = t.throws(() => plan(GRAPH, { target: 'biuld' }), { instanceOf: TskerError });
  t.is(error?.message, 'failed to reach build target biuld in Dockerfile');
  t.is(error?.hint, 'did you mean build?');
  t.throws(() => plan(GRAPH, { target: '9' }), { message: 'failed to reach build target 9 in Dockerfile' });
});

test('FROM takes a later stage of its own name for an image', (t) => {
  const { stages } = plan('FROM alpine AS alpine\nFROM alpine AS second\nFROM third\nFROM scratch AS third\n');
  t.deepEqual(
    stages.map(({ base }) => nameOf(base)),
    ['alpine', '#0', 'third', 'scratch'],
  );
});

test('FROM sees the arguments before the first one, the command line and the platform', (t) => {
  const text = `ARG NAME=debian
ARG TAG=\${MAJOR:-12}-slim
ARG MAJOR
FROM --platform=$BUILDPLATFORM \${NAME}:$TAG AS one
ARG INSIDE=x
FROM \${INSIDE:-alpine}:$MAJOR
`;
  const platform = platformArgs({
    build: { os: 'linux', architecture: 'amd64', variant: undefined },
    target: { os: 'linux', architecture: 'arm', variant: 'v7' },
    stage: 'one',
  });
  const buildArgs = new Map([['MAJOR', '13']]);
  const { stages, globalArgs, context, unset } = plan(text, { buildArgs, platform });
  t.deepEqual(
    stages.map(({ base, platform: own }) => [nameOf(base), own?.text]),
    [
      // The default of TAG was taken before MAJOR was declared.
      ['debian:12-slim', 'linux/amd64'],
      ['alpine:13', undefined],
    ],
  );
  t.is(globalArgs.length, 3);
  t.is(context.globals.get('TARGETPLATFORM'), 'linux/arm/v7');
  t.is(context.globals.get('TARGETVARIANT'), 'v7');
  t.deepEqual(unset, []);
});

test('a variable in FROM that is not set is reported', (t) => {
  const { unset } = plan('FROM debian$TAG\n');
  t.like(unset[0], { name: 'TAG', range: { start: { line: 1, column: 6 } } });
});

test('what ONBUILD puts off is no source of the stage it stands in', (t) => {
  const { stages } = plan('FROM debian\nONBUILD COPY --from=later /a /b\n');
  t.deepEqual(stages[0]?.sources, []);
});

test('a mount that is read from a stage by number', (t) => {
  const { stages } = plan('FROM debian\nFROM debian\nRUN --mount=from=0,target=/x true\n');
  t.deepEqual(stages[1]?.sources.map(nameOf), ['#0']);
});
