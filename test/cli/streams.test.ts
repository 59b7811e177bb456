/** What steps print: byte for byte, no line lost, and no faster than it is read. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bytesOf, logLine } from '../../cli/run/events.ts';
import { eachLine } from '../../cli/run/lines.ts';
import { localAgents } from '../support/agents.ts';
import { MAIN, sh, taskFile, taskflow } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { scratch } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

describe.each(localAgents)('a step of the $name', ({ command }) => {
  it('has pipes for its streams, which it can open again by their names', async () => {
    const script =
      'echo a >/dev/stdout; echo b | tee /dev/stderr; test -p /dev/stdout && test -p /dev/stderr';
    const agent = ['--agent', command.at(-1) ?? ''];
    const { exitCode, stdout, stderr } = await taskflow(['run', ...agent, await taskFile([sh('x', script)])]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'x | a\nx | b\n' });
    expect(stderr).toContain('\nx | b\n');
  });
});

describe('the output of a step', () => {
  it('comes out as it went in, byte for byte', async () => {
    const directory = await scratch();
    const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
    const megabyte = Buffer.alloc(1 << 20, 0x80);
    const rows: readonly [string, Buffer][] = [
      ['no-utf8', bytes('\xff\xfe\n')],
      ['cut-short', bytes('\xf0\x9f\x98\n')],
      ['controls', bytes('a\0b\x1b[31mc\n')],
      ['returns', bytes('a\r\n\r\n')],
      ['progress', bytes('b\rc\n')],
      ['empty', bytes('\n')],
      ['nothing', bytes('')],
      ['emoji', Buffer.from(`${'a😀'.repeat(50_000)}\n`)],
      ['megabyte', Buffer.concat([megabyte, bytes('\n')])],
    ];
    for (const [name, written] of rows) await writeFile(join(directory, name), written);
    const width = Math.max(...rows.map(([name]) => name.length));
    const file = await taskFile(rows.map(([name]) => ({ name, command: ['cat', join(directory, name)] })));

    const plain = spawn(process.execPath, [MAIN, 'run', file], { stdio: ['ignore', 'pipe', 'ignore'] });
    const printed = rows.flatMap(([name, written]) =>
      linesOf(written).flatMap((line) => [bytes(`${name.padEnd(width)} | `), line]),
    );
    expect(Buffer.compare(await buffer(plain.stdout), Buffer.concat(printed))).toBe(0);

    const { stdout } = await taskflow(['run', '-o', 'json', file]);
    const logs = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === 'Log');
    for (const [name, written] of rows) {
      const lines = logs.filter(({ step }) => step === name);
      const parts = lines.flatMap((log) => [bytesOf(log), bytes(log.partial ? '' : '\n')]);
      expect({ name, same: Buffer.compare(Buffer.concat(parts), written) }).toEqual({ name, same: 0 });
    }
  });

  it('is cut between characters, wherever its chunks end', async () => {
    const text = Buffer.from(`${'é😀x'.repeat(30_000)}\n\n${'😀'.repeat(40_000)}`);
    for (const size of [1 << 12, 65_535, 65_536, 65_537, text.length]) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.subarray(i * size, (i + 1) * size),
      );
      const parts: string[] = [];
      await eachLine(Readable.from(chunks), (line, isPartial) => {
        expect(logLine(line, isPartial)).not.toHaveProperty('base64');
        parts.push(`${line.toString()}${isPartial ? '' : '\n'}`);
      });
      expect(parts.join('')).toBe(`${text.toString()}\n`);
    }
  });

  it('waits for who reads it: the step is held back, and no line is lost', async () => {
    const lines = 200_003;
    const file = await taskFile([sh('x', `yes ${'y'.repeat(999)} | head -n ${lines}`), sh('y', 'echo last')]);
    const run = spawn(process.execPath, [MAIN, 'run', file], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void run.kill('SIGKILL'));
    let written = -1;
    await waitUntil('the step can print no more', async () => {
      const before = written;
      written = await writtenBy(`-n ${lines}`);
      return written > 0 && written === before;
    });
    // What it has not printed fills no memory.
    expect(written).toBeLessThan(20_000_000);
    let count = 0;
    let end = '';
    run.stdout.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 0x0a) count++;
      end = `${end}${chunk.toString()}`.slice(-9);
    });
    const [exitCode] = await once(run, 'close');
    expect({ exitCode, count, end }).toEqual({ exitCode: 0, count: lines + 1, end: 'y | last\n' });
  });
});

/** How many bytes the process with these arguments has written. */
async function writtenBy(args: string): Promise<number> {
  const [pid] = await processesWith(args.replaceAll(' ', '\0'));
  const io = await readFile(`/proc/${pid}/io`, 'utf8').catch(() => '');
  return Number(/wchar: (\d+)/.exec(io)?.[1] ?? 0);
}

/** The lines of a text, with their newlines. */
function linesOf(text: Buffer): Buffer[] {
  const end = text.indexOf(0x0a) + 1;
  return end === 0 ? [] : [text.subarray(0, end), ...linesOf(text.subarray(end))];
}
