import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linesOf, LongLineError } from '../../../../controller/runtime/watch/lines.ts';

async function read(chunks: readonly Uint8Array[], limit = 1_000_000): Promise<string[]> {
  const stream = (async function* () {
    yield* chunks;
  })();
  const lines: string[] = [];
  for await (const line of linesOf(stream, limit)) lines.push(line);
  return lines;
}

/** The text in chunks that end at these places. */
function cut(text: string, places: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...ends].map((from, index) => bytes.subarray(from, ends[index] ?? bytes.length));
}

it('reads the same lines however the stream is cut, within characters too', async () => {
  const line = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => text.trim() === text && !/[\r\n]/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), fc.boolean(), async (lines, places, ended) => {
      const text = lines.join('\n') + (ended ? '\n' : '');
      expect(await read(cut(text, places))).toEqual(lines);
    }),
  );
});

it('leaves out empty lines, and reads the ends of Windows', async () => {
  expect(await read([Buffer.from('\n\na\r\n\r\n\nb')])).toEqual(['a', 'b']);
});

it('reads no line that is longer than the limit, ended or not', async () => {
  expect(await read([Buffer.from('aaaa\nbbbb\n')], 4)).toEqual(['aaaa', 'bbbb']);
  await expect(read([Buffer.from('aaaaa\n')], 4)).rejects.toThrow(LongLineError);
  await expect(read([Buffer.from('aaa'), Buffer.from('aa')], 4)).rejects.toThrow(LongLineError);
});
