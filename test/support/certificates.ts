/** Certificates made by openssl, for one test. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

export interface Certificate {
  /** Files in PEM. */
  certificate: string;
  key: string;
}

/** An authority of its own, and a certificate by it for 127.0.0.1. */
export async function makeCertificates(directory: string): Promise<{ ca: string; server: Certificate }> {
  const file = (name: string): string => join(directory, name);
  const openssl = async (...args: string[]): Promise<void> => {
    await execa('openssl', args, { stdin: 'ignore' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(
    ...['req', '-x509', ...key, '-days', '2', '-subj', '/CN=test authority'],
    ...['-keyout', file('ca.key'), '-out', file('ca.pem')],
  );
  await openssl(
    'req',
    ...key,
    '-subj',
    '/CN=test',
    '-keyout',
    file('server.key'),
    '-out',
    file('server.csr'),
  );
  await writeFile(file('san'), 'subjectAltName=IP:127.0.0.1\n');
  await openssl(
    ...['x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key')],
    ...['-CAcreateserial', '-days', '2', '-extfile', file('san'), '-out', file('server.pem')],
  );
  return { ca: file('ca.pem'), server: { certificate: file('server.pem'), key: file('server.key') } };
}

/** A key that signs tokens, with the certificate that a registry knows it by. */
export async function makeSigner(directory: string): Promise<Certificate> {
  const [certificate, key] = [join(directory, 'token.pem'), join(directory, 'token.key')];
  await execa(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=tokens'],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdin: 'ignore' },
  );
  return { certificate, key };
}

/** The certificate as a token's header has it. */
export async function derOf(certificate: string): Promise<string> {
  const pem = await readFile(certificate, 'utf8');
  return pem.replaceAll(/-----[A-Z ]+-----|\s/g, '');
}
