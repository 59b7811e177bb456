/** Resumes as a server takes them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RESUME_DEFINITION } from '../../../shared/crd/crd.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { JSON_PATCH } from '../../support/api-server/talk.ts';
import { BAD_RESUMES, GOOD_RESUMES } from '../../shared/fixtures/bad-resumes.ts';
import { configMap, fresh, useTarget } from './target.ts';
import { causesOf } from './things.ts';

const target = useTarget();

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
// A group of the file's own: the server may be one that has Resumes already.
const group = `${fresh('g')}.contract.taskflow.test`;
const path = (): string => `/apis/${group}/v1alpha1/namespaces/${target().namespace}/resumes`;
const resumeOf = (spec: object, name = fresh()): object => ({
  apiVersion: `${group}/v1alpha1`,
  kind: 'Resume',
  metadata: { name },
  spec,
});

beforeAll(async () => {
  const name = `resumes.${group}`;
  const { metadata, spec } = RESUME_DEFINITION;
  const body = { ...RESUME_DEFINITION, metadata: { ...metadata, name }, spec: { ...spec, group } };
  const { talk } = target();
  await talk.object('POST', DEFINITIONS, { body });
  await waitUntil('Resumes are served', async () => (await talk.ask('GET', path())).code === 200);
});
afterAll(async () => {
  await target().talk.ask('DELETE', `${DEFINITIONS}/resumes.${group}`);
});

describe('a Resume', () => {
  test.each(BAD_RESUMES)('is refused for $what', async ({ spec, rule }) => {
    const reply = await target().talk.ask('POST', `${path()}?dryRun=All`, { body: resumeOf(spec) });
    expect(reply.code).toBe(422);
    if (rule !== undefined)
      expect(causesOf(reply).map(({ message }) => message)).toEqual([expect.stringContaining(rule)]);
  });

  test.each(GOOD_RESUMES)('is taken with $what', async ({ spec }) => {
    const made = await target().talk.object('POST', path(), { body: resumeOf(spec) });
    expect(made).toMatchObject({ spec: { action: 'Continue', ...spec }, status: { status: 'Pending' } });
  });

  test('cannot be changed, and has an owner and a status all the same', async () => {
    const { talk, core } = target();
    const name = fresh();
    const { metadata } = await talk.object('POST', path(), { body: resumeOf({ task: 'a' }, name) });
    const at = `${path()}/${name}`;
    const test = { op: 'test', path: '/metadata/uid', value: metadata.uid };
    const changed = await talk.ask('PATCH', at, {
      body: [{ op: 'add', path: '/spec/step', value: 'b' }],
      type: JSON_PATCH,
    });
    expect(causesOf(changed).map(({ message }) => message)).toEqual([
      expect.stringContaining('cannot be changed'),
    ]);
    const { metadata: of } = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: of.name, uid: of.uid };
    const owned = await talk.object('PATCH', at, {
      body: [test, { op: 'add', path: '/metadata/ownerReferences', value: [owner] }],
      type: JSON_PATCH,
    });
    expect(owned.metadata.ownerReferences).toEqual([owner]);
    const status = {
      status: 'Applied',
      steps: ['b'],
      appliedAt: '2026-01-01T00:00:00Z',
      by: 'kubectl-create',
    };
    const told = await talk.object('PATCH', `${at}/status`, {
      body: [test, { op: 'add', path: '/status', value: status }],
      type: JSON_PATCH,
    });
    expect(told.status).toEqual(status);
  });
});
