// A request says only what the user said: everything else is the daemon's default, and the body stays small.

/** T with members that may be undefined instead of missing. */
export type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** The object without its undefined members. T, whose members must all be optional, is always named by the caller. */
export function defined<T extends object = never>(object: Loose<NoInfer<T>>): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
