// The name of a variable behind a dollar sign.

const NAME = /[\p{L}_][\p{L}\p{Nd}_]*|\p{Nd}+|[@*#?\-$!]/uy;

/** Letters, digits and `_`; digits alone; or one of the shell's special parameters. Empty when there is none. */
export function readName(text: string, at: number): string {
  NAME.lastIndex = at;
  const match = NAME.exec(text);
  return match?.[0] ?? '';
}
