// What the page draws of the engines: for each architecture the processes that run now, with their memory.
import { memoryOf } from '../proc/processes.ts';
import { flatten, type ProcessNode } from '../proc/tree.ts';
import type { Architecture, Engine } from '../stage/engine.ts';

export interface SceneEngine {
  readonly architecture: Architecture;
  /** Another one when the engine is another: what is gone then has not died. */
  readonly id: string;
  readonly roots: readonly ProcessNode[];
  /** Bytes of everything that is not a container. */
  readonly memory: number;
}

export interface Scene {
  readonly engines: readonly SceneEngine[];
}

/** Figures that the eye cannot follow would only make it a new scene each time. */
const GRAIN = 100_000;

export function sceneOf(engines: readonly Engine[]): Scene {
  return { engines: engines.map(lookAt) };
}

function lookAt(engine: Engine): SceneEngine {
  const roots = engine.tree((pid) => Math.round(memoryOf(pid) / GRAIN) * GRAIN);
  const parts = flatten(roots).filter(({ role }) => role !== 'container');
  const memory = parts.reduce((sum, part) => sum + (part.memory ?? 0), 0);
  return { architecture: engine.architecture, id: engine.directory, roots, memory };
}
