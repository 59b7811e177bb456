export { findData, type DataObject } from './data-objects.ts';
export { ManifestError, type Problem } from './errors.ts';
export { type ReadOptions } from './given.ts';
export { readManifest } from './input.ts';
export { loadManifests, loadTasks } from './load.ts';
export { parseTasks, type Manifests } from './read.ts';
export { formatYaml } from './write.ts';
