import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { anonymous } from '../../../shared/image/keyring.ts';
import { ownAddresses } from '../../../shared/image/addresses.ts';
import { ImageLookup } from '../../../shared/image/lookup.ts';
import { fetchTransport } from '../../../shared/image/transport.ts';

/** A server on loopback that counts who comes. */
async function listening(
  answer: (server: Server) => string = () => '',
): Promise<{ port: number; asked: () => number }> {
  let asked = 0;
  const server = createServer((_, response) => {
    const location = answer(server);
    response.writeHead(location === '' ? 200 : 307, location === '' ? {} : { location }).end();
  });
  server.on('connection', () => asked++);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, asked: () => asked };
}

describe('the addresses of the cluster’s own', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '169.254.169.254',
    '::1',
    '::',
    'fe80::1',
    '::ffff:127.0.0.1',
    '10.96.0.1',
  ])('have %s among them', (address) => {
    const denied = ownAddresses({ KUBERNETES_SERVICE_HOST: '10.96.0.1' });
    expect(denied.check(address, address.includes(':') ? 'ipv6' : 'ipv4')).toBe(true);
  });

  it.each(['192.0.2.1', '10.0.0.1', '2001:db8::1'])('have not %s, where a registry may be', (address) => {
    expect(ownAddresses({}).check(address, address.includes(':') ? 'ipv6' : 'ipv4')).toBe(false);
  });

  it.each(['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '0'])(
    'are not connected to as %s',
    async (host) => {
      const { port, asked } = await listening();
      const ask = fetchTransport(undefined, ownAddresses({}));
      const url = new URL(`http://${host}:${port}/`);
      const sent = ask({ method: 'GET', url, headers: {}, signal: AbortSignal.timeout(20_000) });
      await expect(sent).rejects.toThrow('an address of the cluster’s own');
      expect(asked()).toBe(0);
    },
  );
});

describe('a lookup', () => {
  it('follows no redirect of a registry to where it would not ask', async () => {
    const hidden = await listening();
    const registry = await listening(() => `http://localhost:${hidden.port}/secret`);
    const host = `127.0.0.1:${registry.port}`;
    // The operator has named the registry, and not what it leads to.
    const lookup = new ImageLookup({
      registries: new Map([[host, { plainHttp: true }]]),
      denied: ownAddresses({}),
    });
    await expect(lookup.find(`${host}/a:1`, { keyring: anonymous })).rejects.toThrow(
      'an address of the cluster’s own',
    );
    expect([registry.asked() > 0, hidden.asked()]).toEqual([true, 0]);
  });

  it('asks nothing on this machine that the operator did not name', async () => {
    const { port, asked } = await listening();
    const lookup = new ImageLookup({ denied: ownAddresses({}) });
    await expect(lookup.find(`localhost:${port}/a:1`, { keyring: anonymous })).rejects.toThrow(
      'an address of the cluster’s own',
    );
    expect(asked()).toBe(0);
  });
});
