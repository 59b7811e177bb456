import { expect, it } from 'vitest';
import { messageOf, stepWith } from '../fixtures/texts.ts';

it.each([
  ['a number for a time limit', 'timeout: 30', '(write "30s")'],
  ['a word that begins as the right one', 'onError: stopAndFail', 'did you mean "stop"?'],
])('%s has a cure that works', (_, line, cure) => {
  expect(messageOf(stepWith(line))).toContain(cure);
});

it.each([
  ['missing', ''],
  ['of another release', 'apiVersion: api.practice.com/v1\n'],
])('an apiVersion that is %s hides nothing else', (_, line) => {
  const text = stepWith('comand: [a]').replace(/^apiVersion: .*\n/, line);
  expect(messageOf(text)).toContain('apiVersion: ');
  expect(messageOf(text)).toContain('did you mean "command"?');
});
