/** The rules about workspaces that are about more than one field. */
import { suggest } from '../manifest/suggest.ts';
import { field, isMap, list, namesOf } from './loose.ts';
import type { Report } from './refused/spot.ts';

const ABOUT_WORKSPACE = new Set(['name', 'description', 'mountPath', 'optional', 'readOnly']);

/** Each has one source and a place of its own, and containers list those that there are. */
export function checkWorkspaces(spec: unknown, report: Report): void {
  const workspaces = list(field(spec, 'workspaces')).filter(isMap);
  const names = namesOf(workspaces);
  const places = new Map<unknown, string>();
  for (const [index, workspace] of workspaces.entries()) {
    // One that is null is a problem of its own, and no second volume.
    const [one, second] = Object.keys(workspace).filter(
      (key) => !ABOUT_WORKSPACE.has(key) && workspace[key] !== null,
    );
    if (second !== undefined)
      report(
        ['workspaces', index, second],
        `a workspace is one volume, and this one is ${one} already; leave one out`,
      );
    const name = String(field(workspace, 'name'));
    const path = field(workspace, 'mountPath') ?? `/workspace/${name}`;
    const other = places.get(path);
    if (other === undefined) places.set(path, name);
    else
      report(
        ['workspaces', index, 'mountPath'],
        `workspace ${other} is at ${JSON.stringify(path)} already; choose another path`,
      );
  }
  const check = (container: unknown, path: (string | number)[]): void => {
    for (const [at, use] of list(field(container, 'workspaces')).entries()) {
      const name = field(use, 'name');
      const isTwice = namesOf(list(field(container, 'workspaces')).slice(0, at)).includes(String(name));
      if (isTwice)
        report([...path, 'workspaces', at, 'name'], `lists ${JSON.stringify(name)} twice; leave one out`);
      if (typeof name !== 'string' || names.includes(name)) continue;
      const near = suggest(name, names);
      const cure =
        near === undefined ? 'add it there, or correct the name' : `did you mean ${JSON.stringify(near)}?`;
      report([...path, 'workspaces', at, 'name'], `spec.workspaces has no ${JSON.stringify(name)}; ${cure}`);
    }
    for (const [at, mount] of list(field(container, 'volumeMounts')).entries()) {
      const name = places.get(field(mount, 'mountPath'));
      if (name !== undefined)
        report(
          [...path, 'volumeMounts', at, 'mountPath'],
          `workspace ${name} is there already; choose another path`,
        );
    }
  };
  for (const parent of ['steps', 'finally', 'sidecars']) {
    for (const [index, container] of list(field(spec, parent)).entries()) check(container, [parent, index]);
  }
  check(field(spec, 'stepTemplate'), ['stepTemplate']);
}
