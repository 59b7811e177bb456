/** What a user of a kubeconfig shows to the server. */
import { CredentialsError } from '../errors.ts';
import { isObject } from '../http/status.ts';
import { execIssuer } from './exec.ts';
import { pem, readNamed, text, type Source } from './fields.ts';
import type { Section } from './file.ts';

/** What identifies a user; read anew with each {@link User.show}. */
export interface Shown {
  authorization?: string;
  cert?: string;
  key?: string;
}

export interface User {
  show(): Promise<Shown>;
  /** The server refused it. */
  forget: () => void;
}

/** Somebody else than who is meant would be shown, or nobody, if these were passed over. */
const UNSUPPORTED = {
  'auth-provider': 'use exec, as kubectl does since 1.26',
  as: 'use the credentials of that user',
  'as-groups': 'use the credentials of that user',
  'as-uid': 'use the credentials of that user',
  'as-user-extra': 'use the credentials of that user',
} as const;

/**
 * @param cluster - what an exec plugin may be told of the cluster
 * @throws {CredentialsError}
 */
export function readUser(section: Section, cluster: object): User {
  const { where, fields } = section;
  for (const [field, cure] of Object.entries(UNSUPPORTED)) {
    const value = fields[field];
    const empty = Array.isArray(value) && value.length === 0;
    if (value !== undefined && value !== null && value !== '' && !empty) {
      throw new CredentialsError(`${where}.${field} is not supported; ${cure}`);
    }
  }
  const certificate = readCertificate(section);
  const authorization = readAuthorization(section);
  const exec = fields['exec'] ?? undefined;
  if (exec === undefined) {
    return {
      show: async () => ({ ...(await certificate?.()), ...(await authorization?.()) }),
      forget: () => undefined,
    };
  }
  if (!isObject(exec)) throw new CredentialsError(`${where}.exec is not a map`);
  const issuer = execIssuer({ ...section, where: `${where}.exec`, fields: exec }, cluster);
  return {
    async show() {
      const [own, word] = [await certificate?.(), await authorization?.()];
      // What the file itself says comes first, as for kubectl.
      if (word !== undefined) return { ...own, ...word };
      const { token, cert, key } = await issuer.issue();
      return {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(cert !== undefined && key !== undefined && { cert, key }),
        ...own,
      };
    },
    forget: () => issuer.forget(),
  };
}

function readCertificate(section: Section): (() => Promise<{ cert: string; key: string }>) | undefined {
  const [cert, key] = [pem(section, 'client-certificate'), pem(section, 'client-key')];
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new CredentialsError(
      `${section.where}: client-certificate and client-key (or their -data) go together`,
    );
  }
  return async () => ({ cert: await cert(), key: await key() });
}

function readAuthorization(section: Section): (() => Promise<{ authorization: string }>) | undefined {
  const { where } = section;
  const [username, password] = [text(section, 'username'), text(section, 'password')];
  const token = readToken(section);
  if (token !== undefined) {
    if (username !== undefined) {
      throw new CredentialsError(`${where} has both a token and a username; only one of them can be shown`);
    }
    return async () => ({ authorization: `Bearer ${await token()}` });
  }
  if (username === undefined && password === undefined) return undefined;
  const basic = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64');
  return () => Promise.resolve({ authorization: `Basic ${basic}` });
}

/** A file comes before a token that is written down: it can be rotated. */
function readToken(section: Section): Source | undefined {
  const [token, file] = [text(section, 'token'), text(section, 'tokenFile')];
  if (file === undefined) {
    if (token === undefined) return undefined;
    if (!isToken(token))
      throw new CredentialsError(`${section.where}.token has characters that no token has`);
    return () => Promise.resolve(token);
  }
  return async () => {
    const read = (await readNamed(section, 'tokenFile', file)).trim();
    if (isToken(read)) return read;
    throw new CredentialsError(
      `${section.where}.tokenFile: what is in ${file} is no token: it is empty or has white space`,
    );
  };
}

/** A header can hold it. Other errors would quote it. */
function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
