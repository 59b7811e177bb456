/** What a container runs: command and args of the container against ENTRYPOINT and CMD of its image. */

/** What an image says that it runs. */
export interface ImageCommand {
  entrypoint: readonly string[];
  cmd: readonly string[];
}

/**
 * The words that the image adds in front of a step's own `args`, when the step has no `command`. With `args` the
 * image's CMD is ignored, without them it is ENTRYPOINT and CMD.
 *
 * @see https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/#notes
 * @example imageWords({ entrypoint: ['/script.sh'], cmd: ['5'] }, ['10']) // ['/script.sh']
 */
export function imageWords(
  { entrypoint, cmd }: ImageCommand,
  args: readonly string[] = [],
): readonly string[] {
  return args.length > 0 ? entrypoint : [...entrypoint, ...cmd];
}

/**
 * What a container runs, by the table of the Kubernetes documentation. Empty: nothing, the runtime refuses it.
 * An empty list is as good as none, for the container and for the image.
 *
 * @example resolveCommand({ entrypoint: ['/ep'], cmd: ['foo'] }, { args: ['zoo'] }) // ['/ep', 'zoo']
 */
export function resolveCommand(
  image: ImageCommand,
  { command = [], args = [] }: { command?: readonly string[]; args?: readonly string[] },
): readonly string[] {
  return command.length > 0 ? [...command, ...args] : [...imageWords(image, args), ...args];
}

/**
 * Words that the kubelet must hand on as they are. It replaces `$(NAME)` in a container's own command and args, but
 * not in what an image says.
 *
 * @example literally(['$(HOME)']) // ['$$(HOME)']
 */
export function literally(words: readonly string[]): string[] {
  return words.map((word) => word.replaceAll('$', '$$$$'));
}

/** What an image says that it runs, bytes as JSON. */
export function sizeOfWords({ entrypoint, cmd }: ImageCommand): number {
  return Buffer.byteLength(JSON.stringify([entrypoint, cmd]));
}
