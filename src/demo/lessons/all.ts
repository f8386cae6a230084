// The lessons, in their order.
import type { Lesson } from '../lesson.ts';
import { monolith } from './1-monolith.ts';
import { death } from './2-death.ts';
import { split } from './3-split.ts';
import { survival } from './4-survival.ts';
import { pause } from './5-pause.ts';
import { bill } from './6-bill.ts';
import { upgrade } from './7-upgrade.ts';

export const LESSONS: readonly Lesson[] = [monolith, death, split, survival, pause, bill, upgrade];
