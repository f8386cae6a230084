import test from 'ava';
import { imageHistory, inspectImage } from '../../../src/image/inspect.ts';
import { listImages } from '../../../src/image/list.ts';
import { addImage, hash, type ImageEngine, imageEngine } from './engine.ts';

async function threeImages(): Promise<ImageEngine> {
  const engine = imageEngine();
  await addImage(engine, { layers: ['base'], names: ['old:1'], created: '2026-01-01T00:00:00Z', labels: { a: 'b' } });
  await addImage(engine, {
    layers: ['base', 'x'],
    names: ['127.0.0.1:5000/org/new:2'],
    created: '2026-03-01T00:00:00Z',
  });
  await addImage(engine, { layers: ['base', 'y'], created: '2026-02-01T00:00:00Z' });
  return engine;
}

function names(engine: ImageEngine, filters: Readonly<Record<string, string[]>>, all = false): string[] {
  const request = { all, sharedSize: false, filters: new Map(Object.entries(filters)) };
  return listImages(request, engine.images, engine.layers).map(({ RepoTags }) => RepoTags[0] ?? '<none>');
}

const NEW = '127.0.0.1:5000/org/new:2';

for (const [filters, expected] of [
  [{}, [NEW, '<none>', 'old:1']],
  [{ dangling: ['true'] }, ['<none>']],
  [{ dangling: ['false'] }, [NEW, 'old:1']],
  [{ label: ['a'] }, ['old:1']],
  [{ label: ['a=b'] }, ['old:1']],
  [{ label: ['a=c'] }, []],
  [{ 'label!': ['a=b'] }, [NEW, '<none>']],
  [{ before: [NEW] }, ['<none>', 'old:1']],
  [{ since: ['old:1'] }, [NEW, '<none>']],
  [{ until: ['2026-02-15T00:00:00Z'] }, ['<none>', 'old:1']],
  [{ reference: ['old'] }, ['old:1']],
  [{ reference: ['old:*'] }, ['old:1']],
  [{ reference: ['*/org/*'] }, [NEW]],
  [{ reference: ['nope', 'old'] }, ['old:1']],
] as const) {
  test(`the filters ${JSON.stringify(filters)} leave ${expected.join(', ') || 'nothing'}`, async (t) => {
    t.deepEqual(names(await threeImages(), filters as never), [...expected]);
  });
}

for (const filters of [{ dangling: ['maybe'] }, { until: ['soon'] }, { reference: ['[a'] }]) {
  test(`the filter ${JSON.stringify(filters)} is refused`, async (t) => {
    const engine = await threeImages();
    t.throws(() => names(engine, filters as never), { code: 'invalid' });
  });
}

test('a nameless image below another is listed only with all', async (t) => {
  const engine = imageEngine();
  const parent = await addImage(engine, { layers: ['a'] });
  const child = await addImage(engine, { layers: ['a', 'b'], names: ['child'] });
  engine.db.prepare('UPDATE images SET parent = ? WHERE id = ?').run(parent.id, child.id);
  t.deepEqual(names(engine, {}), ['child:latest']);
  t.is(names(engine, {}, true).length, 2);
  t.deepEqual(names(engine, { dangling: ['true'] }), []);
});

test('sizes are those of the layers, and the shared part is counted when asked for', async (t) => {
  const engine = await threeImages();
  const [item] = listImages({ all: false, sharedSize: true, filters: new Map() }, engine.images, engine.layers);
  t.is(item?.Size, 'base'.length + 'x'.length);
  t.is(item?.SharedSize, 'base'.length);
  t.is(item?.Created, Date.parse('2026-03-01T00:00:00Z') / 1000);
  t.is(item?.Labels, null);
  t.is(item?.Containers, -1);
});

test('inspect says what the configuration and the stores know', async (t) => {
  const engine = await threeImages();
  const image = engine.images.resolve('old:1');
  const document = inspectImage(image, engine.images.record(image.id), engine.layers);
  t.like(document, {
    Id: image.id,
    RepoTags: ['old:1'],
    Parent: '',
    Created: '2026-01-01T00:00:00Z',
    Architecture: 'amd64',
    Os: 'linux',
    Size: 4,
    RootFS: { Type: 'layers', Layers: [hash('base')] },
    Config: { Cmd: null, Entrypoint: null, Env: null, User: '', Volumes: null, WorkingDir: '' },
  });
  t.is(document.GraphDriver.Name, 'memory');
  t.truthy(document.GraphDriver.Data?.['UpperDir']);
  t.regex(document.Metadata.LastTagTime, /^20\d\d-/);
  const dangling = engine.images.list().find(({ repoTags }) => repoTags.length === 0);
  t.is(dangling && engine.images.record(dangling.id).taggedAt, 0);
});

test('history is newest first, and only the image itself has an id and tags', async (t) => {
  const engine = await threeImages();
  const history = imageHistory(engine.images.resolve(NEW), engine.images, engine.layers);
  t.deepEqual(
    history.map(({ Id, CreatedBy, Size, Tags }) => [Id.slice(0, 7), CreatedBy, Size, Tags]),
    [
      ['sha256:', 'add x', 1, [NEW]],
      ['<missin', 'add base', 4, null],
    ],
  );
});
