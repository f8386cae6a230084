import test from 'ava';
import { parseDockerfile } from '../../../../src/builder/parser/parse.ts';
import type { Range, Word } from '../../../../src/builder/parser/position.ts';

const SOURCE = `\ufeff# a comment
FROM --platform=linux/amd64 debian:12 AS build
  RUN make \\
    # in between

    all
COPY --from=build \\
  one \\
  two three \\
  /dest/
ENV first=1 \\
	second="a b"
CMD ["one", "two\\"s"]
RUN <<EOF
text
EOF
ONBUILD COPY \\
  four /five
ARG name=value
`;

/** The written text at a range: lines joined by newlines. */
function textAt({ start, end }: Range): string {
  const lines = SOURCE.slice(1)
    .split('\n')
    .slice(start.line - 1, end.line);
  return lines
    .map((line, index) => {
      const to = index === lines.length - 1 ? end.column - 1 : line.length;
      return line.slice(index === 0 ? start.column - 1 : 0, to);
    })
    .join('\n');
}

/** Every word below a value. */
function wordsOf(value: unknown): readonly Word[] {
  if (Array.isArray(value)) return value.flatMap(wordsOf);
  if (typeof value !== 'object' || value === null) return [];
  if ('text' in value && 'range' in value && Object.keys(value).length === 2) return [value as Word];
  return Object.values(value).flatMap(wordsOf);
}

const { instructions } = parseDockerfile(SOURCE);

test('every word stands where its range says', (t) => {
  const written = instructions.map((instruction) => wordsOf(instruction).map(({ range }) => textAt(range)));
  t.deepEqual(written, [
    ['FROM', 'debian:12', 'build', 'linux/amd64'],
    ['RUN', 'make \\\n    # in between\n\n    all'],
    ['COPY', 'one', 'two', 'three', '/dest/', 'build'],
    ['ENV', 'first', '1', 'second', '"a b"'],
    ['CMD', '"one"', '"two\\"s"'],
    ['RUN', '<<EOF'],
    ['ONBUILD', 'COPY', 'four', '/five'],
    ['ARG', 'name', 'value'],
  ]);
});

test('an instruction reaches from its keyword to its last line', (t) => {
  t.deepEqual(
    instructions.map(({ range }) => [range.start.line, range.start.column, range.end.line, range.end.column]),
    [
      [2, 1, 2, 47],
      [3, 3, 6, 8],
      [7, 1, 10, 9],
      [11, 1, 12, 14],
      [13, 1, 13, 22],
      [14, 1, 16, 4],
      [17, 1, 18, 13],
      [19, 1, 19, 15],
    ],
  );
});

test('the step that Docker shows is the joined line', (t) => {
  t.deepEqual(
    instructions.slice(1, 4).map(({ original }) => original),
    ['RUN make     all', 'COPY --from=build   one   two three   /dest/', 'ENV first=1 \tsecond="a b"'],
  );
});
