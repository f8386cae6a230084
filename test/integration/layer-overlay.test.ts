// The overlay driver against the suite of all drivers, on the real kernel. Needs root.
import test from 'ava';
import { graphdriverConformance } from '../conformance/graphdriver.ts';

graphdriverConformance(test, 'overlay');
