// What receiving a context needs of the rest of the engine. Types only.
import type { Native } from '../../native/native.ts';

export interface ContextParts {
  readonly native: Pick<Native, 'place' | 'extract' | 'stat' | 'pipe' | 'open' | 'close' | 'runPlan'>;
  /** <root>/tmp: contexts of one build. */
  readonly tmp: string;
  readonly userAgent: string;
}
