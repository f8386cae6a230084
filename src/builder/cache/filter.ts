// The filters of `builder prune`, in BuildKit's names: which entries of the build cache are meant. Pure.

/** What filters ask about. */
export interface CacheFacts {
  readonly id: string;
  readonly type: string;
  readonly description: string;
  readonly inUse: boolean;
  readonly shared: boolean;
}

const FACTS: Readonly<Record<string, (facts: CacheFacts, value: string) => boolean>> = {
  id: ({ id }, value) => id.includes(value),
  type: ({ type }, value) => type === value,
  description: ({ description }, value) => description === value,
  inuse: ({ inUse }, value) => inUse === isTrue(value),
  shared: ({ shared }, value) => shared === isTrue(value),
  private: ({ shared }, value) => !shared === isTrue(value),
  // What an entry was made on is not kept by its name: none is the one that is meant.
  parent: () => false,
};

/** Every filter must hold, by one of its values. Names that say nothing about an entry (`until`, `label`) are passed over. */
export function matchesFilters(facts: CacheFacts, filters: ReadonlyMap<string, readonly string[]>): boolean {
  return [...filters].every(([name, values]) => {
    const matches = FACTS[name];
    return matches === undefined || values.some((value) => matches(facts, value));
  });
}

/** `inuse` alone asks for those that are. */
function isTrue(value: string): boolean {
  return value !== 'false' && value !== '0';
}
