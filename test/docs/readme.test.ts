import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { scratch } from '../support/scratch.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Block {
  language: string;
  text: string;
}

const blocks = async (): Promise<Block[]> => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
};

/** The two commands that set everything up; they are what got this test running, and what CI runs. */
const SET_UP = ['npm ci && npm run demo\n', 'npm ci && npm test\n'];

describe('the README', () => {
  it('has the two commands that do all the set-up', async () => {
    const texts = (await blocks()).map(({ text }) => text);
    for (const command of SET_UP) expect(texts).toContain(command);
    expect(packageJson.scripts).toHaveProperty('demo');
    expect(packageJson.scripts).toHaveProperty('test');
  });

  it('has snippets that work, every one', async () => {
    const directory = await scratch();
    await mkdir(join(directory, 'node_modules'));
    await symlink(ROOT, join(directory, 'node_modules/taskflow-operator'));
    // npx finds a command of the checkout's own; here it is a shell script of that name.
    const npx = `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(ROOT, 'dist/cli/main.js')}' "$@"\n`;
    await writeFile(join(directory, 'npx'), npx);
    await chmod(join(directory, 'npx'), 0o755);
    const options = { cwd: directory, env: { PATH: `${directory}${delimiter}${process.env['PATH']}` } };

    let ran = 0;
    for (const { language, text } of await blocks()) {
      const file = /^# file: (\S+)\n/.exec(text)?.[1];
      if (file !== undefined) await writeFile(join(directory, file), text);
      else if (language === 'js') {
        await writeFile(join(directory, 'snippet.mjs'), text);
        expect((await execa(process.execPath, ['snippet.mjs'], options)).stdout).toBe('3');
        ran++;
      } else if (language === 'sh' && !SET_UP.includes(text)) {
        await execa('bash', ['-euo', 'pipefail', '-c', text], options);
        ran++;
      }
    }
    expect(ran).toBe(3);
  });
});
