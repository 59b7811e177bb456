/** What a workspace is made of. Pure. */
import type { Workspace } from './workspaces.ts';

/** The volume source of a workspace as a volume has it; `undefined`: it is not bound. */
export function sourceOf(workspace: Workspace): Record<string, unknown> | undefined {
  const {
    name: _name,
    description: _description,
    mountPath: _path,
    optional,
    readOnly: _readOnly,
    ...source
  } = workspace;
  const given = Object.entries(source).filter(([, value]) => value !== undefined);
  if (given.length === 0) return optional === true ? undefined : { emptyDir: {} };
  return Object.fromEntries(
    given.map(([kind, value]) => [
      kind,
      optional === true && (kind === 'configMap' || kind === 'secret')
        ? { ...(value as object), optional }
        : value,
    ]),
  );
}

/** Where containers have a workspace. */
export function mountPathOf({ name, mountPath }: Pick<Workspace, 'name' | 'mountPath'>): string {
  return mountPath ?? `/workspace/${name}`;
}
