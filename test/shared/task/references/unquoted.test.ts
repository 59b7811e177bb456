import { expect, it } from 'vitest';
import { shellTexts, unquotedParams } from '../../../../shared/task/references/unquoted.ts';

it.each<[string, string, string[]]>([
  ['a bare word', 'rm $(params.x)', ['x']],
  ['in double quotes', 'rm "$(params.x)"', []],
  ['in single quotes', "rm '$(params.x)'", []],
  ['behind quotes that ended', 'echo "a"$(params.x)\'b\'$(params.y)', ['x', 'y']],
  ['within a word', 'rm a/$(params.x).txt', ['x']],
  ['behind an apostrophe in quotes', 'echo "don\'t" $(params.x)', ['x']],
  ['behind an escaped quote', 'echo \\" $(params.x)', ['x']],
  ['in a comment', 'ls # $(params.x)\nls', []],
  ['behind a comment with an apostrophe', "ls # don't\nrm $(params.x)", ['x']],
  ['in quotes of a substitution in quotes', 'a="$(git -C "$(params.x)" log)"', []],
  ['bare in a substitution in quotes', 'a="$(git -C $(params.x) log)"', ['x']],
  [
    'in a here-document, where quotes mean nothing',
    "cat <<EOF\ndon't $(params.x)\nEOF\nrm $(params.y)",
    ['y'],
  ],
  ['a text that is no reference', 'rm $$(params.x) $(ls)', []],
  ['a workspace', 'cd $(workspaces.x.path)', []],
  ['twice', '$(params.x) $(params.x)', ['x']],
])('%s', (_, text, expected) => {
  expect(unquotedParams(text)).toEqual(expected);
});

it.each<[string, Parameters<typeof shellTexts>[0], string[]]>([
  ['a script', { script: 'ls' }, ['ls']],
  ['a script for bash', { script: '#!/usr/bin/env -S bash -e\nls' }, ['#!/usr/bin/env -S bash -e\nls']],
  ['a script for Python', { script: '#!/usr/bin/env python3\nprint()' }, []],
  ['sh -c', { command: ['/bin/sh', '-ec'], args: ['ls', 'x'] }, ['ls']],
  ['no shell', { command: ['echo', '-c', 'ls'] }, []],
])('a shell reads: %s', (_, step, expected) => {
  expect(shellTexts(step)).toEqual(expected);
});
