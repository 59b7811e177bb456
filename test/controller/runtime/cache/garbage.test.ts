import { expect, it } from 'vitest';
import { collector } from '../../../../controller/runtime/cache/garbage.ts';

it.each([
  ['a short list is left to V8', [20, 20, 20], 0],
  ['a thousand objects are collected', Array<number>(50).fill(20), 1],
  ['each further thousand as well', Array<number>(149).fill(20), 2],
  ['a page of more than a thousand is collected once', [2_500], 1],
])('%s', (_what, pages, expected) => {
  let collected = 0;
  const read = collector(() => void collected++);
  for (const page of pages) read(page);
  expect(collected).toBe(expected);
});
