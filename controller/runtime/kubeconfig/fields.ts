/** The fields of a section, as what they should be. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { codeOf } from '../credentials/in-cluster.ts';
import { CredentialsError } from '../errors.ts';
import type { Section } from './file.ts';

/** @throws {CredentialsError} when it is there and not a string. An empty one says nothing. */
export function text({ where, fields }: Section, field: string): string | undefined {
  const value = fields[field] ?? undefined;
  if (value === undefined || value === '') return undefined;
  // A token of digits only that is not quoted is a number to YAML.
  if (typeof value !== 'string')
    throw new CredentialsError(`${where}.${field} is not a string; put it in quotes`);
  return value;
}

export function flag({ where, fields }: Section, field: string): boolean {
  const value = fields[field] ?? false;
  if (typeof value !== 'boolean') throw new CredentialsError(`${where}.${field} is neither true nor false`);
  return value;
}

/** Where the content of a field is: in the file itself, or in another. */
export type Source = () => Promise<string>;

/**
 * PEM of `<field>-data` (base64) or of the file that `<field>` names; the first counts.
 *
 * @throws {CredentialsError}
 */
export function pem(section: Section, field: string): Source | undefined {
  const data = text(section, `${field}-data`);
  if (data !== undefined) {
    const decoded = Buffer.from(data, 'base64').toString();
    if (!decoded.includes('-----BEGIN ')) {
      throw new CredentialsError(`${section.where}.${field}-data is not the base64 of PEM`);
    }
    return () => Promise.resolve(decoded);
  }
  const file = text(section, field);
  if (file === undefined) return undefined;
  return async () => {
    const read = await readNamed(section, field, file);
    if (!read.includes('-----BEGIN ')) {
      throw new CredentialsError(`${section.where}.${field}: ${resolve(section.directory, file)} is not PEM`);
    }
    return read;
  };
}

/** What is in the file that a field names. Relative paths start from the kubeconfig's folder. */
export async function readNamed({ where, directory }: Section, field: string, file: string): Promise<string> {
  const path = resolve(directory, file);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CredentialsError(`${where}.${field}: ${path} cannot be read (${codeOf(error)})`, {
      cause: error,
    });
  }
}
