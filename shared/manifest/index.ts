export { ManifestError, type Problem } from './errors.ts';
export { readManifest } from './input.ts';
export { loadTasks } from './load.ts';
export { parseTasks } from './read.ts';
export { formatYaml } from './write.ts';
