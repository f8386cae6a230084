import test from 'ava';
import { chainIdOf } from '../../../src/layer/chain-id.ts';

test('the chain id of a base layer is its diff id', (t) => {
  t.is(chainIdOf('sha256:a', undefined), 'sha256:a');
});

test('above it, it is the digest of the parent, a blank and the diff id', (t) => {
  // printf 'sha256:a sha256:b' | sha256sum
  const expected = 'sha256:970a948bffa8de94d6e22d747ba8c95030e6e546909f98f54e99a13005e173a8';
  t.is(chainIdOf('sha256:b', 'sha256:a'), expected);
});
