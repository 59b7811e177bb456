import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pickArchive, sourceLine } from '../../scripts/build-agent/apt.ts';
import { makeOnce, sha256, withScratch } from '../../scripts/build-agent/cache.ts';
import { readElf } from '../../scripts/build-agent/elf.ts';
import {
  missingCommands,
  PrerequisiteError,
  shortNote,
  type Missing,
} from '../../scripts/build-agent/prerequisites.ts';
import { QUICKJS, whereToPutIt } from '../../scripts/build-agent/source.ts';
import { inputsDigest, isUpToDate, parseStamp, writeStamp } from '../../scripts/build-agent/stamp.ts';
import { hostArch, targetName, targetsOf } from '../../scripts/build-agent/target.ts';
import { relocate } from '../../scripts/build-agent/toolchain.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-agent-'));
});
afterAll(async () => rm(folder, { recursive: true }));

describe('readElf', () => {
  it.each([
    ['a static executable', elf({ machine: 62, segments: [1, 1] }), { machine: 62, dynamic: false }],
    ['a dynamic one', elf({ machine: 62, segments: [6, 3, 1] }), { machine: 62, dynamic: true }],
    ['another machine', elf({ machine: 183, segments: [1] }), { machine: 183, dynamic: false }],
    ['position independent', elf({ machine: 62, type: 3, segments: [] }), { machine: 62, dynamic: false }],
  ])('reads %s', (_, bytes, expected) => {
    expect(readElf(bytes)).toEqual(expected);
  });

  it.each([
    ['an empty file', new Uint8Array(), 'not an ELF file'],
    ['a script', new TextEncoder().encode(`#!/bin/sh\n${'#'.repeat(80)}`), 'not an ELF file'],
    ['32 bits', elf({ machine: 3, wordSize: 1, segments: [] }), 'not a 64-bit little-endian ELF file'],
    ['an object file', elf({ machine: 62, type: 1, segments: [] }), 'not an ELF executable'],
    ['half a file', elf({ machine: 62, segments: [1, 1] }).subarray(0, 100), 'the ELF file is cut short'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readElf(bytes)).toThrow(new TypeError(message));
  });

  it('sees that the Node that runs this is no static executable', async () => {
    expect(readElf(await readFile(process.execPath)).dynamic).toBe(true);
  });
});

describe('inputsDigest', () => {
  const inputs = { 'main.c': 'int main;', flags: ['-Os', '-s'] };

  it.each([
    ['the same', { 'main.c': 'int main;', flags: ['-Os', '-s'] }, true],
    ['in another order of names', { flags: ['-Os', '-s'], 'main.c': 'int main;' }, true],
    ['another content', { ...inputs, 'main.c': 'int main; ' }, false],
    ['another name', { 'other.c': 'int main;', flags: ['-Os', '-s'] }, false],
    ['another order of flags', { ...inputs, flags: ['-s', '-Os'] }, false],
    ['flags run together', { ...inputs, flags: ['-Os-s'] }, false],
    ['one input more', { ...inputs, 'native.c': '' }, false],
  ])('of inputs that are %s', (_, others, same) => {
    expect(inputsDigest(others) === inputsDigest(inputs)).toBe(same);
  });
});

describe('the stamp', () => {
  it.each([
    ['two lines', 'a\nb\n', { inputs: 'a', output: 'b' }],
    ['nothing', '', undefined],
    ['one line', 'a\n', undefined],
    ['a third line', 'a\nb\nc\n', undefined],
  ])('of %s', (_, text, expected) => {
    expect(parseStamp(text)).toEqual(expected);
  });

  it('holds while neither inputs nor output change', async () => {
    const stamp = join(folder, 'target/stamp');
    const output = join(folder, 'output');
    expect(await isUpToDate(stamp, 'inputs', output)).toBe(false);
    await writeFile(output, 'made');
    await writeStamp(stamp, { inputs: 'inputs', output: sha256('made') });
    expect(await isUpToDate(stamp, 'inputs', output)).toBe(true);
    expect(await isUpToDate(stamp, 'other inputs', output)).toBe(false);
    await writeFile(output, 'made by someone else');
    expect(await isUpToDate(stamp, 'inputs', output)).toBe(false);
    await rm(output);
    expect(await isUpToDate(stamp, 'inputs', output)).toBe(false);
  });
});

describe('makeOnce', () => {
  it('makes a file once and leaves nothing beside it', async () => {
    const path = join(folder, 'once/file');
    let made = 0;
    const make = async (unfinished: string): Promise<void> => writeFile(unfinished, String(++made));
    await makeOnce(path, make);
    await makeOnce(path, make);
    expect(await readFile(path, 'utf8')).toBe('1');
    expect(made).toBe(1);
  });

  it('leaves nothing that a later build would trust when making it fails', async () => {
    const path = join(folder, 'broken/directory');
    const making = makeOnce(path, async (unfinished) => {
      await mkdir(unfinished);
      throw new Error('the disk is full');
    });
    await expect(making).rejects.toThrow('the disk is full');
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });

  it('lets one of two win that make a directory at the same time', async () => {
    const path = join(folder, 'race/directory');
    const two = ['one', 'other'].map(async (maker) =>
      makeOnce(path, async (unfinished) => {
        await mkdir(unfinished);
        await writeFile(join(unfinished, 'file'), maker);
      }),
    );
    expect(await Promise.all(two)).toEqual([path, path]);
    expect(['one', 'other']).toContain(await readFile(join(path, 'file'), 'utf8'));
  });

  it('removes its scratch directory, and those of builds killed long ago', async () => {
    const parent = join(folder, 'killed');
    await mkdir(join(parent, '.tmp-old'), { recursive: true });
    await mkdir(join(parent, '.tmp-new'));
    await utimes(join(parent, '.tmp-old'), 0, 0);
    await withScratch(parent, async () => {});
    expect(await readdir(parent)).toEqual(['.tmp-new']);
  });
});

describe('a missing prerequisite', () => {
  const compiler = missingCommands(['gcc', 'xz'], ['gcc', 'libc6-dev', 'xz-utils']);
  const source: Missing = { what: 'the source is missing', cure: 'first line\nsecond line' };

  it.each([
    [
      'commands, with what to type',
      [compiler],
      '  - gcc and xz are missing\n    sudo apt-get install gcc libc6-dev xz-utils',
    ],
    ['one command', [missingCommands(['gcc'], ['gcc'])], '  - gcc is missing\n    sudo apt-get install gcc'],
    [
      'several things',
      [missingCommands(['a', 'b', 'c'], ['d']), source],
      '  - a, b and c are missing\n    sudo apt-get install d\n  - the source is missing\n    first line\n    second line',
    ],
  ])('is explained: %s', (_, missing, expected) => {
    expect(new PrerequisiteError(missing).message).toBe(
      `the static agent cannot be built here:\n${expected}`,
    );
  });

  it('is one line for someone who can do without', () => {
    expect(shortNote(new PrerequisiteError([compiler, source]))).toBe(
      'the static agent was not built: gcc and xz are missing; the source is missing; the Node agent will be used',
    );
  });

  it('names the file of the source, its digest, its package, and where it goes', () => {
    const text = whereToPutIt('/checkout/build/agent');
    for (const part of [
      'quickjs_2025.04.26.orig.tar.xz',
      QUICKJS.sha256,
      'quickjs 2025.04.26-1',
      '/checkout/build/agent',
      'QUICKJS_TARBALL=',
    ])
      expect(text).toContain(part);
  });
});

describe('targetsOf', () => {
  it.each([
    ['nothing: the host', {}, ['linux-arm64']],
    ['one', { arch: 'amd64' }, ['linux-amd64']],
    ['all', { arch: 'all' }, ['linux-amd64', 'linux-arm64']],
    ['the sanitizers', { sanitize: true }, ['linux-arm64-sanitize']],
  ])('asked for %s', (_, asked, expected) => {
    expect(targetsOf(asked, 'arm64').map((target) => targetName(target))).toEqual(expected);
  });

  it.each([
    ['an unknown architecture', { arch: 'x86_64' }, '--arch x86_64: use amd64, arm64 or all'],
    ['a property of every object', { arch: 'toString' }, '--arch toString: use amd64, arm64 or all'],
    [
      'foreign sanitizers',
      { arch: 'amd64', sanitize: true },
      '--sanitize builds for this machine only (arm64)',
    ],
  ])('refuses %s', (_, asked, message) => {
    expect(() => targetsOf(asked, 'arm64')).toThrow(new RangeError(message));
  });

  it("knows Node's names of the architectures", () => {
    expect([hostArch('x64'), hostArch('arm64')]).toEqual(['amd64', 'arm64']);
    expect(() => hostArch('s390x')).toThrow(PrerequisiteError);
  });
});

describe('apt', () => {
  const main = 'http://mirror.example/debian/\tDebian\tDebian\tbookworm';

  it.each([
    ['the main archive', main, 'bookworm'],
    ['it among others', `http://a.example/\tNode Source\t\tnodistro\n${main}`, 'bookworm'],
    ['not the security archive', 'http://s.example/\tDebian\tDebian-Security\tbookworm-security', undefined],
    ['not the updates', 'http://u.example/\tDebian\tDebian\tbookworm-updates', undefined],
    ['nothing, when there are no package lists', 'http://mirror.example/\t\t\t', undefined],
    ['nothing of nothing', '', undefined],
  ])('picks %s', (_, targets, codename) => {
    expect(pickArchive(targets)?.codename).toBe(codename);
  });

  it.each([
    ['plain', { type: 'deb-src' }, false, 'deb-src http://m.example/debian trixie main\n'],
    [
      'with everything',
      { type: 'deb', arch: 'arm64' },
      true,
      'deb [arch=arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://m.example/debian trixie main\n',
    ],
  ] as const)('writes a source line: %s', (_, suite, signed, expected) => {
    expect(sourceLine({ ...suite, uri: 'http://m.example/debian', codename: 'trixie' }, signed)).toBe(
      expected,
    );
  });
});

it('points the paths of a specs file into the sysroot', () => {
  expect(
    relocate('%{!shared: /usr/lib/m/Scrt1.o} /usr/lib/m/crti.o crtbeginS.o%s\n-L/usr/lib/m -L .%s'),
  ).toBe('%{!shared: %R/usr/lib/m/Scrt1.o} %R/usr/lib/m/crti.o crtbeginS.o%s\n-L%R/usr/lib/m -L .%s');
});

/** The least an ELF executable can be: the header and its program headers. */
function elf(parts: { machine: number; segments: number[]; type?: number; wordSize?: number }): Uint8Array {
  const { machine, segments, type = 2, wordSize = 2 } = parts;
  const bytes = new Uint8Array(64 + 56 * segments.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wordSize, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, segments.length, true);
  for (const [index, segment] of segments.entries()) view.setUint32(64 + 56 * index, segment, true);
  return bytes;
}
