// The lessons, in their order.
import type { Lesson } from '../lesson.ts';
import { monolith } from './1-monolith.ts';
import { death } from './2-death.ts';

export const LESSONS: readonly Lesson[] = [monolith, death];
