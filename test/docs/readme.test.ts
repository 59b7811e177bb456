import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { blocksOf, markdownFiles, ROOT } from '../support/manifests.ts';
import { scratch } from '../support/scratch.ts';

/** The two commands that set everything up; they are what got this test running, and what CI runs. */
const SET_UP = ['npm ci && npm run demo\n', 'npm ci && npm test\n'];

/** Where transcripts are that another test checks: they need a registry or a cluster. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/images-lookup.md': 'test/cli/entrypoint.test.ts',
};

describe('the README', () => {
  it('has the two commands that do all the set-up', async () => {
    const texts = (await blocksOf('README.md')).map(({ text }) => text);
    for (const command of SET_UP) expect(texts).toContain(command);
    expect(packageJson.scripts).toHaveProperty('demo');
    expect(packageJson.scripts).toHaveProperty('test');
  });

  it('begins with the example of a release', async () => {
    const isTask = (text: string): boolean => text.startsWith('# file: release.yaml\n');
    const shown = (await blocksOf('README.md', 'yaml')).find(({ text }) => isTask(text))?.text;
    const withoutComments = (text = ''): string => text.replaceAll(/^#.*\n/gm, '');
    const example = await readFile(join(ROOT, 'examples/release.yaml'), 'utf8');
    expect(withoutComments(shown)).toBe(withoutComments(example));
  });

  it('has snippets that work, every one, and transcripts of what is printed', async () => {
    const { directory, run } = await checkout();
    let ran = 0;
    for (const { language, text } of await blocksOf('README.md')) {
      const file = /^# file: (\S+)\n/.exec(text)?.[1];
      if (file !== undefined) await writeFile(join(directory, file), text);
      else if (language === 'js') {
        await writeFile(join(directory, 'snippet.mjs'), text);
        expect((await execa(process.execPath, ['snippet.mjs'], { cwd: directory })).stdout).toBe('5');
        ran++;
      } else if (language === 'sh' && !SET_UP.includes(text)) {
        expect(await run(text)).toMatchObject({ exitCode: 0 });
        ran++;
      } else if (language === 'console') {
        for (const { command, printed } of commandsOf(text)) {
          // Steps that run at the same time print in any order.
          const lines = (text: string): string[] => text.split('\n').toSorted();
          expect({ command, printed: lines((await run(command)).all) }).toEqual({
            command,
            printed: lines(printed),
          });
          ran++;
        }
      }
    }
    expect(ran).toBe(5);
  });
});

describe('transcripts', () => {
  it('are shown only where a test compares them with what is printed', async () => {
    for (const file of await markdownFiles()) {
      if (file === 'README.md' || ELSEWHERE[file] !== undefined) continue;
      expect({ file, transcripts: await blocksOf(file, 'console') }).toEqual({ file, transcripts: [] });
    }
  });
});

/** A directory in which `npx taskflow` is the command of this checkout. */
async function checkout() {
  const directory = await scratch();
  await mkdir(join(directory, 'node_modules'));
  await symlink(ROOT, join(directory, 'node_modules/taskflow-operator'));
  const npx = `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(ROOT, 'dist/cli/main.js')}' "$@"\n`;
  await writeFile(join(directory, 'npx'), npx);
  await chmod(join(directory, 'npx'), 0o755);
  const env = { PATH: `${directory}${delimiter}${process.env['PATH']}` };
  const run = async (script: string) =>
    execa('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: directory,
      env,
      all: true,
      reject: false,
      stripFinalNewline: false,
    });
  return { directory, run };
}

/** What is typed after each `$ `, and what follows it. */
function commandsOf(transcript: string): { command: string; printed: string }[] {
  return transcript
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf('\n');
      return { command: text.slice(0, end), printed: text.slice(end + 1) };
    });
}
