import { describe, expect, it } from 'vitest';
import { nameOf, withName } from '../../../shared/task/name.ts';
import { type Task } from '../../../shared/task/task.ts';

describe('a name', () => {
  it.each([
    ['release-', 'release'],
    ['a.b.-', 'a.b'],
    ['release', 'release'],
    ['x'.repeat(80), 'x'.repeat(58)],
    [`${'x'.repeat(57)}-yz`, 'x'.repeat(57)],
  ])('for what begins with %s is a label value too', (generateName, name) => {
    expect(nameOf({ metadata: { generateName } })).toBe(name);
  });

  it.each(['release-', 'x'.repeat(80)])('is made of %s as the API server does it', (generateName) => {
    const task: Pick<Task, 'metadata'> = { metadata: { generateName } };
    const { metadata } = withName(task);
    expect(metadata.name).toMatch(/^[a-z-]*[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(metadata.name).toHaveLength(Math.min(generateName.length, 58) + 5);
  });

  it('that is there stays', () => {
    const task = { metadata: { name: 'a', generateName: 'b-' } };
    expect(withName(task)).toBe(task);
    expect(nameOf(task)).toBe('a');
  });
});
