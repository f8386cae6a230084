import test from 'ava';
import { compileOne, renderOne } from '../../../../src/cli/template/one.ts';
import { renderRows } from '../../../../src/cli/template/rows.ts';

const DATA = {
  Name: '/web',
  Id: 'abcdef0123',
  Count: 3,
  Zero: 0,
  Ratio: 1.5,
  On: true,
  Off: false,
  Nothing: null,
  List: ['b', 'a'],
  Empty: [],
  Config: { Labels: { 'com.example.x': 'y', plain: 'p' }, Env: ['A=1', 'B=2'] },
  Networks: { bridge: { IP: '10.0.0.2' }, other: { IP: '10.0.0.3' } },
};

const GOOD: readonly [string, string][] = [
  ['plain', 'plain'],
  ['{{.Name}}', '/web'],
  ['{{ .Name }} and {{.Id}}', '/web and abcdef0123'],
  ['a {{- .Name -}} b', 'a/webb'],
  ['a {{- /* said nothing */ -}} b', 'ab'],
  ['{{.Count}} {{.Ratio}} {{.On}} {{.Nothing}}', '3 1.5 true <nil>'],
  ['{{.List}} {{.Config.Labels}}', '[b a] map[com.example.x:y plain:p]'],
  ['{{json .List}}', '["b","a"]'],
  ['{{json .Nothing}}', 'null'],
  ['{{.List | json}}', '["b","a"]'],
  ['{{.Config.Labels.plain}}', 'p'],
  ['{{.Config.Labels.missing}}', '<no value>'],
  ['{{index .Config.Labels "com.example.x"}}', 'y'],
  ['{{index .List 1}}', 'a'],
  ['{{(index .Networks "bridge").IP}}', '10.0.0.2'],
  ['{{.Networks.bridge.IP}}', '10.0.0.2'],
  ['{{range .List}}<{{.}}>{{end}}', '<b><a>'],
  ['{{range $i, $v := .List}}{{$i}}={{$v}} {{end}}', '0=b 1=a '],
  ['{{range $name, $net := .Networks}}{{$name}}:{{$net.IP}} {{end}}', 'bridge:10.0.0.2 other:10.0.0.3 '],
  ['{{range .Empty}}x{{else}}none{{end}}', 'none'],
  ['{{range .List}}{{if eq . "a"}}{{break}}{{end}}{{.}}{{end}}', 'b'],
  ['{{range .List}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', 'a'],
  ['{{range .List}}{{$.Count}}{{end}}', '33'],
  ['{{if .On}}yes{{else}}no{{end}}', 'yes'],
  ['{{if .Off}}yes{{else}}no{{end}}', 'no'],
  ['{{if .Zero}}a{{else if .Empty}}b{{else if .Count}}c{{else}}d{{end}}', 'c'],
  ['{{if .Health}}{{.Health.Status}}{{else}}no check{{end}}', 'no check'],
  ['{{with .Config}}{{len .Env}}{{end}}', '2'],
  ['{{with .Empty}}x{{else}}nothing{{end}}', 'nothing'],
  ['{{$x := .Count}}{{$x}}', '3'],
  ['{{$x := 1}}{{if .On}}{{$x = 2}}{{end}}{{$x}}', '2'],
  ['{{and .On .Count}} {{or .Off "else"}} {{not .On}}', '3 else false'],
  ['{{or .On (index .List 99)}}', 'true'],
  [
    '{{eq .Count 3}} {{ne .Name "x"}} {{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{ge "b" "a"}}',
    'true true true true false true',
  ],
  ['{{eq .Count 1 2 3}}', 'true'],
  ['{{len .Name}} {{len .Networks}}', '4 2'],
  ['{{slice .Id 0 4}} {{slice .List 1}}', 'abcd [a]'],
  ['{{upper .Name}} {{lower "ABC"}} {{title "two words"}}', '/WEB abc Two Words'],
  ['{{join .List ","}} {{split "a:b" ":"}}', 'b,a [a b]'],
  ['{{pad .Name 1 2}}|', ' /web  |'],
  ['{{truncate .Id 6}}', 'abcdef'],
  [
    '{{printf "%s-%d %5d|%-5s|%05d %q %v %t %x %.2f %%" .Name .Count 7 "ab" 42 "q" .List .On 255 1.005}}',
    '/web-3     7|ab   |00042 "q" [b a] true ff 1.00 %',
  ],
  ['{{printf "%d" .Name}}', '%!d(string=/web)'],
  ['{{printf "%s"}}', '%!s(MISSING)'],
  ['{{print 1 "a"}}{{println "b" 2}}', '1ab 2\n'],
  ['{{"a\\tb\\u00e9"}}{{`raw\\n`}}', 'a\tbéraw\\n'],
  ["{{'a'}}", '97'],
  ['{{.Name | printf "%s!" | upper}}', '/WEB!'],
  ['{{html "<a>"}} {{urlquery "a b"}}', '&lt;a&gt; a%20b'],
  ['{{"{{"}}', '{{'],
];

for (const [template, expected] of GOOD) {
  test(`a template: ${template}`, (t) => t.is(renderOne(template, DATA), `${expected}\n`));
}

test('json alone is the whole value', (t) => {
  t.is(renderOne('json', { a: [1] }), '{"a":[1]}\n');
});

test('a template is parsed once for many values', (t) => {
  const render = compileOne('{{.A}}');
  t.is(render({ A: 1 }) + render({ A: 2 }), '1\n2\n');
});

const BAD: readonly [string, RegExp][] = [
  ['{{.Name', /unclosed action/],
  ['{{if .On}}x', /\{\{if\}\} has no \{\{end\}\}/],
  ['{{end}}', /unexpected \{\{end\}\}/],
  ['{{else}}', /unexpected \{\{else\}\}/],
  ['{{.Missing}}', /map has no entry for key "Missing"/],
  ['{{.constructor.name}}{{.Constructor}}', /no entry for key "Constructor"/],
  ['{{.Name.Length}}', /can't evaluate field Length in a string/],
  ['{{.Nothing.More}}', /nil pointer evaluating \.More/],
  ['{{nosuch .Name}}', /function "nosuch" not defined/],
  ['{{constructor}}', /function "constructor" not defined/],
  ['{{.Name 3}}', /Name is not a method but has arguments/],
  ['{{$x}}', /undefined variable "\$x"/],
  ['{{index .List 9}}', /index out of range: 9/],
  ['{{join .Name ","}}', /error calling join: expected a list/],
  ['{{eq .Name 3}}', /incompatible types/],
  ['{{lt .List 3}}', /incompatible types/],
  ['{{define "x"}}{{end}}', /\{\{define\}\} is not supported/],
  ['{{(.Name}}', /unclosed left paren/],
  ['{{.Name | }}', /missing value for command/],
  ['{{3 4}}', /can't give argument to non-function/],
  ['{{#}}', /unexpected "#" in an action/],
  ['{{break}}', /outside \{\{range\}\}/],
];

for (const [template, message] of BAD) {
  test(`a template is refused: ${template}`, (t) => {
    t.throws(() => renderOne(template, DATA), { message });
  });
}

const VIEW = {
  rows: [
    { ID: '0123456789ab', Names: 'web', Label: (name: unknown) => (name === 'tier' ? 'front' : '') },
    { ID: 'ba9876543210', Names: 'a-much-longer-name', Label: () => '' },
  ],
  headers: { ID: 'CONTAINER ID', Names: 'NAMES' },
  columns: ['ID', 'Names'],
};

test('rows without a table have no head', (t) => {
  t.is(renderRows('{{.ID}}: {{.Names}}', VIEW), '0123456789ab: web\nba9876543210: a-much-longer-name\n');
});

test('rows of a table are aligned below heads, with the \\t a shell leaves', (t) => {
  t.is(
    renderRows('table {{.ID}}\\t{{upper .Names}}\\t{{.Label "tier"}}', VIEW),
    [
      'CONTAINER ID   NAMES                tier',
      '0123456789ab   WEB                  front',
      'ba9876543210   A-MUCH-LONGER-NAME   ',
      '',
    ].join('\n'),
  );
});

test('the last part of a label heads its column', (t) => {
  t.regex(renderRows('table {{.Label "com.example.some-thing"}}', VIEW), /^some thing\n/);
});

test('a field that rows do not have is an error', (t) => {
  t.throws(() => renderRows('{{.Nope}}', VIEW), { message: /can't evaluate field Nope/ });
});

test('json keeps the digits of numbers that are larger than JavaScript counts', (t) => {
  const timeNano = 1_700_000_000_123_456_789n;
  t.is(renderOne('{{json .}}', { a: 'b', timeNano }), '{"a":"b","timeNano":1700000000123456789}\n');
});
