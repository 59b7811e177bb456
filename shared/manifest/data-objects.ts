/** ConfigMaps and Secrets that stand beside the Tasks of a manifest: what a cluster would have by their names. */
import { z } from 'zod';
import { objectMetadataSchema } from '../task/metadata.ts';

/** What one of them holds. */
export interface DataObject {
  kind: 'ConfigMap' | 'Secret';
  name: string;
  /** `undefined`: the current one, whichever that is. */
  namespace: string | undefined;
  /** The bytes of every key: the files that a volume of it has. */
  files: ReadonlyMap<string, Uint8Array>;
  /** Of those, what a variable can be taken from: no variable has the `binaryData` of a ConfigMap. */
  variables: ReadonlyMap<string, Uint8Array>;
}

const KEY = /^(?!\.\.)[-._a-zA-Z0-9]{1,253}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const keyed = (value: z.ZodString) =>
  z
    .record(z.string(), value)
    .superRefine((data, context) => {
      for (const key of Object.keys(data)) {
        if (KEY.test(key) && key !== '.') continue;
        const message =
          'a key has letters, digits, "-", "_" and "." only, and does not begin with ".."; choose another';
        context.addIssue({ code: 'custom', path: [key], message });
      }
    })
    .nullish();
const base64 = z.string().refine((text) => BASE64.test(text.replaceAll(/[\r\n]/g, '')), {
  error: 'expected base64',
});

const common = {
  apiVersion: z.literal('v1'),
  metadata: objectMetadataSchema,
  immutable: z.boolean().nullish(),
};

/** Kubernetes v1 ConfigMap and Secret. */
export const dataSchemas = {
  ConfigMap: z.strictObject({
    ...common,
    kind: z.literal('ConfigMap'),
    data: keyed(z.string()),
    binaryData: keyed(base64),
  }),
  Secret: z.strictObject({
    ...common,
    kind: z.literal('Secret'),
    type: z.string().nullish(),
    data: keyed(base64),
    stringData: keyed(z.string()),
  }),
} as const;

export function dataObject(
  given: z.infer<(typeof dataSchemas)['ConfigMap'] | (typeof dataSchemas)['Secret']>,
): DataObject {
  const { kind, metadata } = given;
  // To one that gets its name from the cluster nothing can refer.
  const { name = '', namespace } = metadata;
  const text = (data: Readonly<Record<string, string>> | null | undefined, encoding: 'utf8' | 'base64') =>
    Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)] as const);
  if (kind === 'Secret') {
    const all = new Map([...text(given.data, 'base64'), ...text(given.stringData, 'utf8')]);
    return { kind, name, namespace, files: all, variables: all };
  }
  const variables = new Map(text(given.data, 'utf8'));
  return {
    kind,
    name,
    namespace,
    variables,
    files: new Map([...variables, ...text(given.binaryData, 'base64')]),
  };
}

/**
 * The one that a Task of this namespace means. Where either has none it is the current namespace, which may be the other's.
 *
 * @example findData(objects, { kind: 'Secret', name: 'token' }, task.metadata.namespace)
 */
export function findData(
  objects: readonly DataObject[],
  { kind, name }: Pick<DataObject, 'kind' | 'name'>,
  namespace: string | undefined,
): DataObject | undefined {
  const named = objects.filter((each) => each.kind === kind && each.name === name);
  return (
    named.find((each) => each.namespace === namespace) ??
    named.find((each) => each.namespace === undefined || namespace === undefined)
  );
}
