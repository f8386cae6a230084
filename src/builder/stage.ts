// A stage from its base to its last instruction, with Docker's words around each step.

import { commitChange, dispatch } from './dispatch/dispatch.ts';
import { applyLabels } from './dispatch/label.ts';
import { withDefaultPath } from './environment.ts';
import type { Channel } from './output/channel.ts';
import type { StepClock } from './output/steps.ts';
import { parseTrigger } from './parser/parse.ts';
import { type Build, StageRun } from './stage-run.ts';
import type { Stage } from './stages.ts';
import { type State, shortId } from './state.ts';

export interface StageRequest {
  readonly build: Build;
  readonly stage: Stage;
  readonly output: Channel;
  readonly clock: StepClock;
  /** Resolves when the base is there. */
  readonly base: () => Promise<State>;
  /** `--label`, for the last stage. */
  readonly labels: readonly (readonly [string, string])[];
}

export async function runStage({ build, stage, output, clock, base, labels }: StageRequest): Promise<State> {
  clock.start(stage.from.original);
  const from = await base();
  const triggers = from.config.OnBuild ?? [];
  const { OnBuild: _, ...config } = from.config;
  const state = { ...from, config: withDefaultPath(config) };
  const run = new StageRun({ build, stage, output, clock, state });
  try {
    output.send({ stream: ` ---> ${shortId(state.id)}\n` });
    await runTriggers(triggers, run);
    clock.end();
    for (const instruction of stage.instructions) {
      clock.start(instruction.original);
      await dispatch(instruction, run);
      endStep(run);
    }
    for (const label of labels) {
      const original = `LABEL ${label[0]}=${label[1]}`;
      clock.start(original);
      await commitChange(applyLabels([label], run.config), { original }, run);
      endStep(run);
    }
  } catch (error) {
    clock.failed();
    throw error;
  }
  return run.state;
}

function endStep({ output, clock, state }: StageRun): void {
  output.send({ stream: ` ---> ${shortId(state.id)}\n` });
  clock.end();
}

/** What the base left for builds on it. */
async function runTriggers(triggers: readonly string[], run: StageRun): Promise<void> {
  if (triggers.length === 0) return;
  run.say(`# Executing ${triggers.length} build trigger${triggers.length > 1 ? 's' : ''}\n`);
  for (const expression of triggers) await dispatch(parseTrigger(expression), run);
  run.say(` ---> ${shortId(run.state.id)}\n`);
}
