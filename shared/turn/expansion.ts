/**
 * Replaces `$(NAME)` as the kubelet does in a container's command, args and env: an unknown name stays as it is
 * written, `$$(NAME)` gives the text `$(NAME)`, and there is nothing else special.
 *
 * @see https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 * @example expand('hello $(WHO)', new Map([['WHO', 'world']])) // 'hello world'
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  const replaced = (part: string): string =>
    part.replaceAll(/\$\$|\$\(([^)]*)\)/g, (found, name: string | undefined) =>
      name === undefined ? '$' : (variables.get(name) ?? found),
    );
  // Behind the last ")" no reference ends, and to look for the end of each would take for ever.
  const end = text.lastIndexOf(')') + 1;
  return `${replaced(text.slice(0, end))}${text.slice(end).replaceAll('$$', () => '$')}`;
}
