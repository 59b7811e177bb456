/** ConfigMaps and Secrets. */
import { fieldsOf, same, type ApiObject } from '../object.ts';
import { type Rules } from '../resource.ts';
import { badRequest, cause, type Cause } from '../status.ts';

const MAX_BYTES = 1024 * 1024;
const KEY = /^[-._a-zA-Z0-9]+$/;

export const configMapRules: Rules = {
  admit: (map) => checkTexts(map, 'data'),
  validate: (map, old) => [
    ...keyCauses(map),
    ...sizeCauses(map, '[]'),
    ...immutableCauses(map, old, ['data', 'binaryData']),
  ],
};

export const secretRules: Rules = {
  shape: (secret) => {
    const { stringData, ...rest } = secret;
    if (stringData === undefined) return secret;
    const encoded = Object.entries(fieldsOf(stringData)).map(([key, text]) => [
      key,
      Buffer.from(String(text)).toString('base64'),
    ]);
    return { ...rest, data: { ...fieldsOf(rest['data']), ...Object.fromEntries(encoded) } };
  },
  prepareCreate: (secret) => ({ type: 'Opaque', ...secret }),
  admit: (secret) => {
    checkTexts(secret, 'data');
    for (const text of Object.values(fieldsOf(secret['data']))) {
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(String(text))) {
        throw badRequest(
          'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0',
        );
      }
    }
  },
  validate: (secret, old) => [
    ...keyCauses(secret),
    ...sizeCauses(secret, 'data'),
    ...immutableCauses(secret, old, ['data']),
    ...(old !== undefined && old['type'] !== secret['type']
      ? [cause.invalid('type', secret['type'], 'field is immutable')]
      : []),
  ],
};

/** @throws {StatusError} 400 when a value is no text. */
function checkTexts(object: ApiObject, key: string): void {
  const other = Object.values(fieldsOf(object[key])).find((value) => typeof value !== 'string');
  if (other === undefined) return;
  const { kind } = object;
  throw badRequest(
    `${kind} in version "v1" cannot be handled as a ${kind}: json: cannot unmarshal ${typeof other} into Go struct field ${kind}.${key} of type string`,
  );
}

function keyCauses(object: ApiObject): Cause[] {
  return Object.keys(fieldsOf(object['data']))
    .filter((key) => !KEY.test(key))
    .map((key) =>
      cause.invalid(
        `data[${key}]`,
        key,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ),
    );
}

function sizeCauses(object: ApiObject, field: string): Cause[] {
  const values = [
    ...Object.values(fieldsOf(object['data'])),
    ...Object.values(fieldsOf(object['binaryData'])),
  ];
  const bytes = values.reduce((sum: number, value) => sum + Buffer.byteLength(String(value)), 0);
  if (bytes <= MAX_BYTES) return [];
  const message = `Too long: may not be more than ${MAX_BYTES} bytes`;
  return [{ reason: 'FieldValueTooLong', message, field }];
}

function immutableCauses(object: ApiObject, old: ApiObject | undefined, keys: readonly string[]): Cause[] {
  if (old?.['immutable'] !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  return [
    ...(object['immutable'] === true ? [] : [cause.forbidden('immutable', why)]),
    ...keys.filter((key) => !same(object[key], old[key])).map((key) => cause.forbidden(key, why)),
  ];
}
