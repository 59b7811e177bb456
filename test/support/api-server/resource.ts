/** What is served: the kinds that are built in, and the shape that those of CRDs have too. */
import { type ApiObject } from './object.ts';
import { type Cause } from './status.ts';

export interface Resource {
  /** Empty: core. */
  group: string;
  version: string;
  plural: string;
  singular: string;
  kind: string;
  shortNames: readonly string[];
  namespaced: boolean;
  /** Those that have a path of their own. */
  subresources: readonly string[];
  rules: Rules;
}

/** How one kind differs from the others. An absent rule: nothing is special. */
export interface Rules {
  /** An object of a CRD: what is sent must say its apiVersion and kind, and a list's items say them too. */
  custom?: true;
  /** Counts changes of everything but metadata and status. */
  generation?: true;
  /** A PUT without a resourceVersion is refused. */
  noBlindUpdate?: true;
  /** A PUT of what is not there creates it. */
  createOnUpdate?: true;
  /** An answer to DELETE holds the object. */
  returnsDeleted?: true;
  /** What names may be; a DNS subdomain where nothing is said. */
  name?: 'label';
  /** The paths of fields that the kind does not have, for `fieldValidation=Strict`. */
  unknown?: (body: unknown) => string[];
  /** Pruning and defaults: what is stored and served of what was sent. Must not change its argument. */
  shape?: (object: ApiObject) => ApiObject;
  /** The first status, and what a new object has by itself. */
  prepareCreate?: (object: ApiObject) => ApiObject;
  /** @throws {StatusError} when the object may not be created here; called before `validate`. */
  admit?: (object: ApiObject) => void;
  /** What is wrong with it; `old` is what it replaces. `subresource` is that which was written to. */
  validate?: (object: ApiObject, old: ApiObject | undefined, subresource?: string) => Cause[];
  /** What a deleted object is until somebody else lets it go; `undefined`: nothing holds it. */
  hold?: (object: ApiObject) => ApiObject | undefined;
  /** Seconds until a deleted object goes; 0: at once. */
  grace?: (object: ApiObject, asked: number | undefined) => number;
}

/** `pods`, `tasks.api.practice.com`: all versions of one resource share what is stored. */
export type ResourceKey = string;

export function resourceKey({ group, plural }: Pick<Resource, 'group' | 'plural'>): ResourceKey {
  return `${plural}.${group}`;
}

/** `v1`, `coordination.k8s.io/v1` */
export function apiVersionOf({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
