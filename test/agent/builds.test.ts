import { describe, expect, it } from 'vitest';
import { agents, arm64Agent } from '../support/agents.ts';
import { needArm64 } from './builds.ts';

describe('the conformance suite', () => {
  it.runIf(process.arch === 'x64' && process.platform === 'linux')('also drives the arm64 build', (test) => {
    needArm64(test);
    expect(agents).toContain(arm64Agent);
  });
});
