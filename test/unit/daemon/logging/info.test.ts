// Attributes and tags. The bytes were taken from dockerd 28.2.2.
import test from 'ava';
import { attributesOf, type LogInfo, tagOf } from '../../../../src/daemon/logging/info.ts';

const INFO: LogInfo = {
  id: 'a0eab37e698b2cb91a2ff00abcc6029d41976a7b0ebf5e759231121e107398ec',
  name: 'nervous_carson',
  imageId: 'sha256:e4c86d4031aa09b28f322e3292bf3f327f14c3423f5222d19d4214cfc454ea13',
  imageName: 'bb',
  path: 'sh',
  args: ['-c', 'echo hi'],
  env: ['E=1 2', 'F=x=y', 'BARE'],
  labels: { a: 'b', ab: '<c>' },
  hostname: 'vm',
};

const ATTRIBUTES: readonly [Record<string, string>, string][] = [
  [{}, ''],
  [{ labels: 'zz', env: 'BARE' }, ''],
  [{ labels: 'a,zz', env: 'E', tag: 't' }, '{"E":"1 2","a":"b","tag":"t"}'],
  [{ 'labels-regex': '^a', 'env-regex': '^E' }, '{"E":"1 2","a":"b","ab":"\\u003cc\\u003e"}'],
  [{ env: 'F' }, '{"F":"x=y"}'],
  [{ 'env-regex': '(?i)^f$' }, '{"F":"x=y"}'],
  [{ 'labels-regex': '' }, ''],
];

for (const [options, expected] of ATTRIBUTES) {
  test(`attributes of ${JSON.stringify(options)}`, (t) => {
    t.is(attributesOf(options, INFO), expected);
  });
}

test('a bad expression is refused in Go’s words', (t) => {
  t.throws(() => attributesOf({ 'labels-regex': '(' }, INFO), {
    message: 'error parsing regexp: missing closing ): `(`',
  });
  t.throws(() => attributesOf({ 'env-regex': '[' }, INFO), { message: 'error parsing regexp: missing closing ]: `[`' });
});

const TAGS: readonly [string, string][] = [
  ['', 'a0eab37e698b'],
  ['plain', 'plain'],
  ['{{.ID}}/{{.Name}}', 'a0eab37e698b/nervous_carson'],
  ['{{ .ImageName }}-{{.ImageID}}', 'bb-sha256:e4c86'],
  ['{{.ImageFullID}}', INFO.imageId],
  ['{{.FullID}}', INFO.id],
  ['{{.DaemonName}}/{{.Hostname}}', 'docker/vm'],
  ['{{.Command}}', 'sh -c echo hi'],
  ['{{upper .Name}}', 'NERVOUS_CARSON'],
  ['{{.Name | upper}}', 'NERVOUS_CARSON'],
  ['{{.ContainerLabels.a}}', 'b'],
  ['{{.ContainerLabels.none}}', '<no value>'],
  ['{{index .ContainerLabels "ab"}}', '<c>'],
  ['{{truncate .Name 4}}|{{pad .Name 1 2}}', 'nerv| nervous_carson  '],
  ['{{json .Name}}', '"nervous_carson"'],
  ['{{"quoted \\" text"}}', 'quoted " text'],
  ['{{.ContainerArgs}}', '[-c echo hi]'],
];

for (const [tag, expected] of TAGS) {
  test(`the tag ${tag}`, (t) => {
    t.is(tagOf({ tag }, INFO, '{{.ID}}'), expected);
  });
}

const BAD_TAGS: readonly [string, string][] = [
  ['{{', 'template: log-tag:1: unclosed action'],
  ['a\n{{', 'template: log-tag:2: unclosed action'],
  ['{{}}', 'template: log-tag:1: missing value for command'],
  ['{{.ID |}}', 'template: log-tag:1: missing value for command'],
  ['{{foo .ID}}', 'template: log-tag:1: function "foo" not defined'],
  ['{{constructor .ID}}', 'template: log-tag:1: function "constructor" not defined'],
  ['{{.Foo}}', 'template: log-tag:1:2: executing "log-tag" at <.Foo>: can\'t evaluate field Foo in type *logger.Info'],
  [
    'ab{{.Foo}}',
    'template: log-tag:1:4: executing "log-tag" at <.Foo>: can\'t evaluate field Foo in type *logger.Info',
  ],
];

for (const [tag, message] of BAD_TAGS) {
  test(`the bad tag ${JSON.stringify(tag)}`, (t) => {
    t.throws(() => tagOf({ tag }, INFO, '{{.ID}}'), { message });
  });
}
