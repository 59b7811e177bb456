/** A token service as registries name it, for one user. */
import { createSign, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { derOf, type Certificate } from './certificates.ts';
import { type Ends } from './registry.ts';
import { listen, type Listening } from './servers.ts';

export interface TokenServer extends Listening {
  /** The `Authorization` header of each request; empty where there was none. */
  shown: string[];
}

/** @param user - `name:password`; nobody else gets a token that is good for anything */
export async function startTokenServer(ends: Ends, signer: Certificate, user: string): Promise<TokenServer> {
  const [key, der] = [await readFile(signer.key, 'utf8'), await derOf(signer.certificate)];
  const expected = `Basic ${Buffer.from(user).toString('base64')}`;
  const shown: string[] = [];

  function tokenFor(service: string, scope: string): string {
    const now = Math.floor(Date.now() / 1000);
    const [type = '', name = '', actions = ''] = scope.split(':');
    const parts = [
      { typ: 'JWT', alg: 'RS256', x5c: [der] },
      {
        iss: 'test',
        sub: 'test',
        aud: service,
        jti: randomUUID(),
        iat: now,
        nbf: now - 10,
        exp: now + 300,
        access: [{ type, name, actions: actions.split(',') }],
      },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const signature = createSign('sha256').update(parts.join('.')).sign(key, 'base64url');
    return [...parts, signature].join('.');
  }

  const server = await listen(
    (request, response) => {
      shown.push(request.headers.authorization ?? '');
      if (request.headers.authorization !== expected) return void response.writeHead(401).end();
      const query = new URL(request.url ?? '', 'http://localhost').searchParams;
      response.end(
        JSON.stringify({
          token: tokenFor(query.get('service') ?? '', query.get('scope') ?? ''),
          expires_in: 300,
        }),
      );
    },
    { onEnd: ends.add },
  );
  return { ...server, shown };
}
