/** Every Task that the project shows to its readers. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Shown {
  /** `examples/hello.yaml`, `README.md` */
  where: string;
  text: string;
}

/** The blocks of one language in a Markdown file; of all without. */
export async function blocksOf(
  file: string,
  language?: string,
): Promise<{ language: string; text: string }[]> {
  const markdown = await readFile(join(ROOT, file), 'utf8');
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .map(([, found = '', text = '']) => ({ language: found, text }))
    .filter((block) => language === undefined || block.language === language);
}

export async function markdownFiles(): Promise<string[]> {
  const docs = await readdir(join(ROOT, 'docs'), { recursive: true });
  return ['README.md', ...docs.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)];
}

export async function shownManifests(): Promise<Shown[]> {
  const shown: Shown[] = [];
  for (const folder of ['examples', 'deploy/samples']) {
    for (const name of await readdir(join(ROOT, folder))) {
      const where = `${folder}/${name}`;
      shown.push({ where, text: await readFile(join(ROOT, where), 'utf8') });
    }
  }
  for (const where of await markdownFiles()) {
    const blocks = await blocksOf(where, 'yaml');
    shown.push(
      ...blocks.filter(({ text }) => /^kind: Task$/m.test(text)).map(({ text }) => ({ where, text })),
    );
  }
  return shown;
}
