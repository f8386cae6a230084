// Help that is there already. yargs takes longer to write the help of a command than everything else that command does, so the
// single file holds what it wrote at build time (scripts/package/help.ts); run from the source there is none.

/** What `tsker NAME --help` says in so many columns (undefined: no terminal), when that was rendered. */
export function renderedHelp(_name: string, _columns: number | undefined): string | undefined {
  return undefined;
}
