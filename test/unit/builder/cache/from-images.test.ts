import test from 'ava';
import { imageStep } from '../../../../src/builder/cache/from-images.ts';
import { type State, scratchState } from '../../../../src/builder/state.ts';
import type { Image } from '../../../../src/image/store.types.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

function image(history: readonly string[], layers: readonly string[]): Image {
  const entries = history.map((created_by) =>
    created_by.startsWith('#') ? { created_by, empty_layer: true } : { created_by },
  );
  const rootfs = { type: 'layers' as const, diff_ids: layers.map(digest) };
  const config = { architecture: 'amd64', os: 'linux', history: entries, rootfs };
  return { id: digest('0'), config, chainId: undefined, repoTags: [], repoDigests: [] };
}

function state(of: Image): State {
  return { ...scratchState(), document: of.config };
}

const cached = image(['base', '#ENV', 'RUN make', 'RUN more'], ['a', 'b', 'c']);

test('the step that an image went on with is taken from it', (t) => {
  const step = imageStep([cached], state(image(['base', '#ENV'], ['a'])), 'RUN make');
  t.is(step?.layer?.diffId, digest('b'));
});

test('a step without a layer has none', (t) => {
  t.is(imageStep([cached], state(image(['base'], ['a'])), '#ENV')?.layer, undefined);
});

for (const [title, before, createdBy] of [
  ['another command', image(['base', '#ENV'], ['a']), 'RUN other'],
  ['other layers below', image(['base', '#ENV'], ['x']), 'RUN make'],
  ['other steps before', image(['base', '#LABEL'], ['a']), 'RUN make'],
] as const) {
  test(`${title}: nothing is taken`, (t) => t.is(imageStep([cached], state(before), createdBy), undefined));
}
