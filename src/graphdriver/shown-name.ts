// What clients are told a driver is called. Pure.

/** Docker's word: overlay here is laid out and works as Docker's overlay2, and programs ask for that. */
export function shownName(driver: string): string {
  return driver === 'overlay' ? 'overlay2' : driver;
}
