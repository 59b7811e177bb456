import { describe, expect, it } from 'vitest';
import { parseTasks } from '../../../shared/manifest/index.ts';
import { messageOf, stepWith } from '../fixtures/texts.ts';

/** How Kubernetes reads a plain scalar, seen through a field that no schema looks into. */
function read(scalar: string): unknown {
  const [task] = parseTasks(stepWith(`gpuSlices: [${scalar}]`), 'task.yaml');
  const list: unknown = Reflect.get(task?.spec.steps[0] ?? {}, 'gpuSlices');
  return Array.isArray(list) ? list[0] : list;
}

it.each<[string, unknown]>([
  ['yes', true],
  ['Y', true],
  ['on', true],
  ['TRUE', true],
  ['no', false],
  ['n', false],
  ['Off', false],
  ['oN', 'oN'],
  ['~', null],
  ['NULL', null],
  ['nULL', 'nULL'],
  ['0755', 493],
  ['0o755', 493],
  ['-0755', -493],
  ['089', 89],
  ['0b101', 5],
  ['0x_fF', 255],
  ['0X1f', 31],
  ['1_000', 1000],
  ['+12', 12],
  ['0', 0],
  ['1.5', 1.5],
  ['.5', 0.5],
  ['5.', 5],
  ['1e3', 1000],
  ['.', '.'],
  ['-', '-'],
  ['e5', 'e5'],
  ['0x', '0x'],
  ['1.2.3', '1.2.3'],
  ['12:30:45', '12:30:45'],
  ['2001-01-01', '2001-01-01'],
  ['2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z'],
  ['"yes"', 'yes'],
  ["'0755'", '0755'],
  ['!!str 5', '5'],
  ['!!int "5"', 5],
  ['"\\0\\t"', '\0\t'],
])('reads %s as Kubernetes does', (scalar, value) => {
  // A "-" alone would be a list inside of brackets.
  expect(scalar === '-' ? read('"-"') : read(scalar)).toBe(value);
});

it('makes strings of the names of fields, as Kubernetes does', () => {
  const text = stepWith('gpuSlices: { yes: 1, 0x10: 2, 1.50: 3, "5": 4 }');
  expect(parseTasks(text, 'task.yaml')[0]?.spec.steps[0]).toMatchObject({
    gpuSlices: { true: 1, 16: 2, 1.5: 3, 5: 4 },
  });
});

describe('anchors', () => {
  it('stand for their value wherever their alias is', () => {
    const text = stepWith('command: &words [a, b]', 'args: *words');
    expect(parseTasks(text, 'task.yaml')[0]?.spec.steps[0]).toMatchObject({
      command: ['a', 'b'],
      args: ['a', 'b'],
    });
  });

  it('are those defined last', () => {
    const text = stepWith('command: [&a one, *a, &a two, *a]');
    expect(parseTasks(text, 'task.yaml')[0]?.spec.steps[0]?.command).toEqual(['one', 'one', 'two', 'two']);
  });

  it.each([
    [
      'an own field before it loses',
      ['tty: false', '<<: { tty: true, stdin: true }'],
      { tty: true, stdin: true },
    ],
    [
      'an own field after it wins',
      ['<<: { tty: true, stdin: true }', 'tty: false'],
      { tty: false, stdin: true },
    ],
    [
      'the first of several maps wins',
      ['<<: [{ tty: true }, { tty: false, stdin: true }]'],
      { tty: true, stdin: true },
    ],
    ['a map that merges another', ['gpuSlices: &m { <<: { tty: true } }', '<<: *m'], { tty: true }],
    ['quotes make it a plain name', ['gpuSlices: { "<<": 1 }'], { gpuSlices: { '<<': 1 } }],
  ])('merge maps: %s', (_, lines, fields) => {
    expect(parseTasks(stepWith(...lines), 'task.yaml')[0]?.spec.steps[0]).toMatchObject(fields);
  });

  it('are shown by what they stand for', () => {
    expect(messageOf(stepWith('gpuSlices: &n 0755', 'args: [*n]'))).toBe(
      'task.yaml:10:14: spec.steps[0].args[0]: expected a string, found the number 0755 (write "0755")',
    );
  });

  it('lead a complaint to where the value is written', () => {
    const text = stepWith('gpuSlices: &m', '  tty: 5', '<<: *m');
    expect(messageOf(text)).toBe(
      'task.yaml:10:14: spec.steps[0].tty: expected true or false, found the number 5',
    );
  });
});

describe('text that is no YAML', () => {
  it.each([
    [
      'a duplicate field',
      ['tty: true', 'tty: true'],
      '10:7: spec.steps[0].tty: this field is here twice; keep one of the two',
    ],
    ['a tab', ['\ttty: true'], '9:7: YAML does not allow a tab here; indent with spaces'],
    [
      'an alias of nothing',
      ['args: *words'],
      '9:13: spec.steps[0].args: the alias "*words" has no anchor (&name) before it; correct the name, or put the text in quotes',
    ],
    [
      'an alias inside of itself',
      ['args: &a [*a]'],
      '9:17: spec.steps[0].args[0]: the alias "*a" stands inside of its own anchor; correct the name, or put the text in quotes',
    ],
    [
      'a merge of a number',
      ['<<: 5'],
      '9:11: spec.steps[0]: expected a map, or a list of maps, to merge with "<<"',
    ],
    [
      'a merge of lists of lists',
      ['<<: [[{}]]'],
      '9:12: spec.steps[0]: expected a map, or a list of maps, to merge with "<<"',
    ],
    ['a quote that is not closed', ['args: ["a'], '10:1: this is not YAML: missing closing "quote'],
    [
      'a bracket that is not closed',
      ['args: [a'],
      '10:1: this is not YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    [
      'a line too far to the left',
      ['args: [a]\n   tty: true'],
      '10:1: this is not YAML: all mapping items must start at the same column',
    ],
    [
      'a colon in a text',
      ['args: a: b'],
      '9:13: a field cannot begin here; put it on a line of its own, or quote the text if it has ": " in it',
    ],
    [
      'a field without a colon',
      ['tty'],
      '9:7: this is not YAML: implicit map keys need to be followed by map values',
    ],
    [
      'a tag that Kubernetes does not know',
      ['args: !Ref x'],
      '9:13: Kubernetes does not know this YAML tag, or the value does not fit it; remove the word that begins with "!"',
    ],
    [
      'an escape that is none',
      [String.raw`args: ["\d"]`],
      String.raw`9:15: this is no escape of a text in double quotes; write a backslash as \\, or use single quotes`,
    ],
    [
      'a text that begins with @',
      ['args: [@a]'],
      '9:14: text cannot begin with this character; put it in quotes',
    ],
    [
      'brackets too many',
      ['args: [a]]'],
      '9:16: this does not belong here; is a quote, bracket or line break missing before it?',
    ],
    [
      'a template that nobody rendered',
      ['args: {{ .Values.args }}'],
      '9:14: spec.steps[0].args: a map or list where the name of a field was expected; if this is a template, render it first',
    ],
    [
      'a field without a name',
      ['gpuSlices: { ~: 1 }'],
      '9:20: spec.steps[0].gpuSlices: a field without a name; write the name before the ":"',
    ],
    [
      'a character of no text',
      ['args: ["a\0"]'],
      String.raw`9:16: the character U+0000 is not allowed in YAML; remove it, or write it as "\u0000" in quotes`,
    ],
  ])('is refused: %s', (_, lines, message) => {
    expect(messageOf(stepWith(...lines))).toBe(`task.yaml:${message}`);
  });

  it('does not hide what else is wrong with the values', () => {
    expect(messageOf(stepWith('tty: true', 'tty: true', 'args: [5]')).split('\n')).toEqual([
      'task.yaml:10:7: spec.steps[0].tty: this field is here twice; keep one of the two',
      'task.yaml:11:14: spec.steps[0].args[0]: expected a string, found the number 5 (write "5")',
    ]);
  });
});

it('takes what JSON allows and YAML does not', () => {
  const value = {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name: 'demo' },
    spec: {
      steps: [{ name: 'one', image: 'a/b', args: ['\u007f\u0085\u0091\ufeff\uffff', '😀', 'a/b\n\u2028'] }],
    },
  };
  expect(parseTasks(JSON.stringify(value, null, '\t').replaceAll('/', '\\/'), 'task.json')).toStrictEqual([
    value,
  ]);
});

describe('bytes', () => {
  const utf8 = new TextEncoder();

  it.each([
    ['with a byte order mark', '\ufeff', '\n'],
    ['with the line ends of Windows', '', '\r\n'],
    ['with the line ends of old Macs', '', '\r'],
  ])('are read %s, and positions stay true', (_, mark, end) => {
    const text = (tty: string): Uint8Array =>
      utf8.encode(mark + stepWith(`tty: ${tty}`).replaceAll('\n', end));
    expect(parseTasks(text('true'), 'task.yaml')).toHaveLength(1);
    expect(messageOf(text('5'))).toBe(
      'task.yaml:9:12: spec.steps[0].tty: expected true or false, found the number 5',
    );
  });

  it.each([
    ['at the start', [0xff, 0xfe, 0x61], '1:1: the byte 0xFF at offset 0'],
    ['behind a byte order mark', [0xef, 0xbb, 0xbf, 0x61, 0x80], '1:2: the byte 0x80 at offset 4'],
    [
      'behind wide characters and U+FFFD',
      [...utf8.encode('é😀\n\ufffda'), 0xc3],
      '2:3: the byte 0xC3 at offset 11',
    ],
  ])('that are no UTF-8 are named: %s', (_, bytes, message) => {
    expect(messageOf(Uint8Array.from(bytes))).toBe(
      `task.yaml:${message} is not UTF-8; save the file as UTF-8`,
    );
  });
});
