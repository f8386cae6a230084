// What a flag is. A command declares its flags once, in a table of these: parse.ts parses by it, yargs is configured from
// it for help and completion, and the types of the parsed values are inferred from it.

export type FlagKind = 'boolean' | 'string' | 'integer' | 'bytes' | 'decimal' | 'list';

export interface FlagSpec {
  readonly kind: FlagKind;
  /** One letter, for `-x`. */
  readonly short?: string;
  readonly summary: string;
  /** What the value is (`duration`, `mount`), where help's `string` says too little. */
  readonly value?: string;
  /** Heading in help; `Options` when missing. */
  readonly group?: string;
  /** Another long name that means the same. */
  readonly alias?: string;
  /** What holds without the flag, for help only. */
  readonly shownDefault?: string;
  /** What the flag means without a value, which then has to be attached: `--flag=value`. Of strings only. */
  readonly bare?: string;
  /** The only values there are. */
  readonly choices?: readonly string[];
  /** Parsed, but of no use to anybody reading help. */
  readonly hidden?: boolean;
}

/** Long names, without dashes, to what they mean. */
export type FlagTable = Readonly<Record<string, FlagSpec>>;

type ValueOf<K extends FlagKind> = K extends 'boolean'
  ? boolean | undefined
  : K extends 'list'
    ? readonly string[]
    : K extends 'integer' | 'bytes' | 'decimal'
      ? number | undefined
      : string | undefined;

/** The values of a table's flags: undefined when not given, so that "not given" and "given as zero" stay apart. */
export type FlagValues<T extends FlagTable> = { readonly [N in keyof T]: ValueOf<T[N]['kind']> };

/** Keeps a table's literal types, and checks it. */
export function defineFlags<const T extends FlagTable>(table: T): T {
  return table;
}
