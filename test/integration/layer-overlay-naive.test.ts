// The overlay driver where its mounts leave what only they understand (redirect_dir, metacopy): the same suite, with changes
// found by comparing trees. Needs root.
import test from 'ava';
import { OverlayDriver } from '../../src/graphdriver/overlay.ts';
import { graphdriverConformance } from '../conformance/graphdriver.ts';
import { openNative } from '../helpers/native.ts';
import { tempdir } from '../helpers/tempdir.ts';

const native = openNative();
const storageOptions = ['overlay2.mountopt=redirect_dir=on,metacopy=on'];

graphdriverConformance(test, 'overlay', { native, storageOptions });

test('info says that changes are compared, and why', async (t) => {
  const effects = { record: () => 1, forget: () => undefined };
  const driver = await OverlayDriver.open({ home: tempdir(t, 'naive'), native, effects }, storageOptions);
  const status = new Map(await driver.status());
  t.is(status.get('Using metacopy'), 'true');
  t.is(status.get('Native Overlay Diff'), 'false');
});
