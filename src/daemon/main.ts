// The daemon's entry and composition root: builds every part in the order below and hands each its collaborators.
// It holds no policy of its own.

/** Runs the daemon until a signal ends it; `argv` is what follows `tsker daemon`. */
export async function runDaemon(argv: readonly string[]): Promise<void> {
  throw new Error(`the daemon is being written; it was given ${argv.length} arguments`);
}
