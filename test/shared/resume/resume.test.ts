import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { RESUME_DEFINITION } from '../../../shared/crd/crd.ts';
import { aboutOf, resumeSchema } from '../../../shared/resume/resume.ts';
import { brokenRules } from '../../support/cel.ts';
import { BAD_RESUMES, GOOD_RESUMES } from '../fixtures/bad-resumes.ts';

const root = RESUME_DEFINITION.spec.versions[0]?.schema.openAPIV3Schema ?? {};

const resumeOf = (spec: object): object => ({
  apiVersion: 'api.practice.com/v1alpha1',
  kind: 'Resume',
  metadata: { name: 'a' },
  spec,
});

/** As rules see it: CEL has no name with a dash. */
const inCel = (spec: object): unknown =>
  JSON.parse(JSON.stringify(resumeOf(spec)).replace('Workflow-ID', 'Workflow__dash__ID'));

describe('a Resume', () => {
  it.each(BAD_RESUMES)('is refused for $what', ({ spec, path, rule }) => {
    const { error } = resumeSchema.safeParse(resumeOf(spec));
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([`spec.${path}`]);
    if (rule !== undefined) expect(brokenRules(root, inCel(spec))).toEqual([expect.stringContaining(rule)]);
  });

  it.each(GOOD_RESUMES)('is taken with $what', ({ spec }) => {
    expect(resumeSchema.safeParse(resumeOf(spec)).error).toBeUndefined();
    expect(brokenRules(root, inCel(spec))).toEqual([]);
  });

  it('cannot be changed', () => {
    const schema = root.properties?.['spec'] ?? {};
    expect(brokenRules(schema, { task: 'a' }, { task: 'a' })).toEqual([]);
    expect(brokenRules(schema, { task: 'b' }, { task: 'a' })).toEqual([
      'a Resume cannot be changed once it is there; make a new one',
    ]);
  });

  it.each([
    [{ task: 'a', step: 'b' }, 'a', 'b'],
    [{ 'Workflow-ID': 'a', TemplateName: 'b' }, 'a', 'b'],
    [{ task: 'a' }, 'a', undefined],
  ])('%j is about one Task, and perhaps one step', (spec, task, step) => {
    expect(aboutOf(spec)).toEqual({ task, step });
  });

  it('is written as the operator that had it first writes it, but for the apiVersion', async () => {
    const file = new URL('../fixtures/example-resume.json', import.meta.url);
    const resume = JSON.parse(await readFile(file, 'utf8')) as { spec: object };
    const { error } = resumeSchema.safeParse({ ...resume, apiVersion: 'api.practice.com/v1alpha1' });
    expect(error).toBeUndefined();
    expect(aboutOf(resume.spec)).toEqual({ task: 'pause-3141592654ft97', step: 'whalesay' });
  });
});
