import { build } from 'esbuild';

/** A SEA's script is CommonJS. It is at no path of its own; the nearest there is, is the executable's. */
const IMPORT_META = `const importMeta = { url: require('node:url').pathToFileURL(process.execPath).href };`;

/** The whole command in one CommonJS script for Node 24; what is imported dynamically still runs only when it is. */
export async function bundle(entry: string, root: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    // Nothing in the script depends on where the checkout is.
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    mainFields: ['module', 'main'],
    target: 'node24',
    banner: { js: IMPORT_META },
    define: { 'import.meta': 'importMeta' },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  return outputFiles.map(({ text }) => text).join('');
}
