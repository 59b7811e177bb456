import { type Files } from './platform.ts';

/**
 * Copies this program to `directory`/agent: the shared volume from which every step container runs it. Needs no
 * shell and no `cp`, so the image that brings the agent holds nothing else.
 *
 * @throws {SystemError} and then the agent that was there before, if any, is untouched.
 */
export function install(files: Files, directory: string): void {
  files.copySelf(`${directory.replace(/\/+$/, '')}/agent`);
}
