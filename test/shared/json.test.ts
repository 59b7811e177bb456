import { expect, it, vi } from 'vitest';
import { formatJson, parseJson } from '../../shared/json.ts';
import { PODS } from '../../controller/runtime/objects.ts';
import { clientOf } from '../support/api-clients.ts';
import { listen } from '../support/servers.ts';

it.each<[string, unknown]>([
  ['9007199254740991', 9007199254740991],
  ['9007199254740993', 9007199254740993n],
  ['-9007199254740993', -9007199254740993n],
  ['9223372036854775807', 9223372036854775807n],
  ['[{"a":[9007199254740993]}]', [{ a: [9007199254740993n] }]],
  ['"9007199254740993"', '9007199254740993'],
])('keeps the integer of %s, both ways', (text, value) => {
  expect(parseJson(text)).toEqual(value);
  expect(formatJson(value)).toBe(text);
});

it.each([
  '{"a": 9007199254740993}',
  '{"a":\n-9007199254740993}',
  '[1,9007199254740993]',
  ' 9007199254740993',
])('finds the integer wherever a value can be: %j', (text) => {
  expect(formatJson(parseJson(text))).toBe(text.replaceAll(/\s/g, ''));
});

it.each([
  ['an image digest', `{"imageID":"busybox@sha256:${'1'.repeat(64)}"}`],
  ['a container id', `{"containerID":"containerd://${'7'.repeat(64)}"}`],
])('reads %s at the speed of JSON.parse: no function is called for each value', (_what, text) => {
  const parse = vi.spyOn(JSON, 'parse');
  try {
    parseJson(text);
    expect(parse.mock.calls).toEqual([[text]]);
  } finally {
    parse.mockRestore();
  }
});

it.each(['9223372036854775808', '12345678901234567890123', '1234567890123456.5', '1e20'])(
  'has a number for %s, which no int64 holds',
  (text) => {
    expect(parseJson(text)).toBe(Number(text));
  },
);

it('an integer that an API server sends comes back to it as it was', async () => {
  const got: string[] = [];
  const text = '{"metadata":{"name":"a"},"spec":{"bytes":9007199254740993}}';
  const { url } = await listen((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => void got.push(chunk));
    request.on('end', () => response.setHeader('content-type', 'application/json').end(text));
  });
  const client = clientOf(url);
  const pod = await client.get(PODS, { namespace: 'default', name: 'a' });
  await client.create(PODS, pod);
  expect(got.join('')).toContain('"bytes":9007199254740993');
});
