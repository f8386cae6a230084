// Reads WWW-Authenticate (RFC 9110, 11.6.1): several challenges in one header, quoted strings, any letter case. Pure.

export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const SCHEME = new RegExp(`^\\s*,*\\s*(${TOKEN})(?:\\s+|(?=,)|$)`);
const PARAMETER = new RegExp(`^\\s*,?\\s*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))`);

/** The challenges of a header, in order; what cannot be read ends the list. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let rest = header;
  for (;;) {
    const scheme = SCHEME.exec(rest);
    if (scheme?.[1] === undefined) return challenges;
    rest = rest.slice(scheme[0].length);
    const parameters = new Map<string, string>();
    for (let match = PARAMETER.exec(rest); match !== null; match = PARAMETER.exec(rest)) {
      parameters.set((match[1] ?? '').toLowerCase(), match[3] ?? (match[2] ?? '').replace(/\\(.)/g, '$1'));
      rest = rest.slice(match[0].length);
    }
    challenges.push({ scheme: scheme[1].toLowerCase(), parameters });
  }
}
