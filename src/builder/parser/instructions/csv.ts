// The comma-separated values of `--mount` and `--device`.

const BOOLEANS = new Map<string, boolean>([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
]);

/** As Go's strconv.ParseBool; undefined for anything else. */
export function parseBoolean(text: string): boolean | undefined {
  return BOOLEANS.get(text);
}

/** The fields of one record, quotes doubled inside quotes; a text says what is wrong. */
export function splitCsv(text: string): readonly string[] | string {
  const fields: string[] = [];
  for (let at = 0; ; at += 1) {
    const field = text[at] === '"' ? readQuoted(text, at) : readPlain(text, at);
    if (typeof field === 'string') return `parse error on line 1: ${field}`;
    fields.push(field.value);
    at = field.end;
    if (at >= text.length) return fields;
  }
}

interface Field {
  readonly value: string;
  readonly end: number;
}

function readPlain(text: string, start: number): Field | string {
  const comma = text.indexOf(',', start);
  const end = comma < 0 ? text.length : comma;
  const value = text.slice(start, end);
  return value.includes('"') ? 'bare " in non-quoted field' : { value, end };
}

function readQuoted(text: string, start: number): Field | string {
  let value = '';
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] !== '"') value += text[at];
    else if (text[at + 1] === '"') {
      value += '"';
      at += 1;
    } else if (at + 1 === text.length || text[at + 1] === ',') return { value, end: at + 1 };
    else break;
  }
  return 'extraneous or missing " in quoted-field';
}
