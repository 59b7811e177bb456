/**
 * Makes `npx taskflow` run the checkout's own build. npm links the commands of dependencies only, and npx would
 * install the checkout into its cache, where a link made before the first build stays broken.
 */
import { chmod, rm, symlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../node_modules/.bin/taskflow', import.meta.url));
const target = '../../dist/cli/main.js';

await chmod(new URL(target, import.meta.url), 0o755);
await rm(command, { force: true });
await symlink(target, command);
