/** The name of a Task that has only the beginning of one. */
import { randomInt } from 'node:crypto';
import type { Task } from './task.ts';

/** As the API server does: the longest beginning, and what comes behind it, in which no vowel makes a word. */
const LONGEST = 58;
const CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789';

type Named = Pick<Task, 'metadata'>;

/**
 * What a Task is called, where a name must not change: its name, or what its `generateName` begins with.
 *
 * @example nameOf({ metadata: { generateName: 'release-' } }) // 'release'
 */
export function nameOf({ metadata: { name, generateName = '' } }: Named): string {
  // As the value of a label has it, it ends with a letter or digit.
  return name || (/^.*[a-z0-9]/.exec(generateName.slice(0, LONGEST))?.[0] ?? '');
}

/** The Task as it is in a file of its own, where a cluster has had it before: it is no longer that one. */
export function asNew<Given extends Named>(task: Given): Given {
  const { uid: _uid, ...metadata } = task.metadata;
  return { ...task, metadata };
}

/**
 * The Task with a name: its own, or one made from its `generateName` in the way of the API server.
 *
 * @example withName({ metadata: { generateName: 'release-' }, … }).metadata.name // 'release-x7k2p'
 */
export function withName<Given extends Named>(task: Given): Given {
  const { name, generateName = '' } = task.metadata;
  if (name) return task;
  const random = Array.from({ length: 5 }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join('');
  return { ...task, metadata: { ...task.metadata, name: `${generateName.slice(0, LONGEST)}${random}` } };
}
