// Under which names help that was rendered is found again.

/** yargs is told of no more columns than the second; without a terminal that is what it writes for. */
export const RENDERED_WIDTHS = [80, 100] as const;

export function renderedName(command: string, width: number): string {
  return `help/${command}/${width}`;
}
