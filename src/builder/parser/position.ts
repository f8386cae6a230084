// Where things stand in a Dockerfile. Lines and columns count from 1, columns in UTF-16 units of the line as it is
// written (a byte order mark is not counted); the end of a range is the first place that no longer belongs to it.

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** A piece of an instruction: what it says (quotes and continuations as the form of the instruction leaves them) and where. */
export interface Word {
  readonly text: string;
  readonly range: Range;
}
