import { request } from 'node:http';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ListenError, parseAddress } from '../../../controller/runtime/health/address.ts';
import {
  MAX_CONNECTIONS,
  serveHealth,
  type HealthServer,
  type HealthSettings,
} from '../../../controller/runtime/health.ts';
import { freePort } from '../../support/servers.ts';
import { waitUntil } from '../../support/wait-until.ts';

const well: HealthSettings = {
  address: '127.0.0.1:0',
  live: () => [],
  ready: () => [],
  metrics: async () => ({ type: 'text/plain; version=0.0.4', text: 'up 1\n' }),
};

async function serve(settings: Partial<HealthSettings> = {}): Promise<HealthServer> {
  const server = await serveHealth({ ...well, ...settings });
  onTestFinished(() => server.close());
  return server;
}

describe('an answer', () => {
  const broken = () => {
    throw new Error('the look failed');
  };

  it.each<[string, string, Partial<HealthSettings>, number, string]>([
    ['says that all is well', '/healthz', {}, 200, 'ok\n'],
    ['says so whatever is asked with it', '/healthz?verbose', {}, 200, 'ok\n'],
    ['lists what is wrong', '/healthz', { live: () => ['a hangs', 'b too'] }, 500, 'a hangs\nb too\n'],
    ['is that all is well while it is only not ready', '/healthz', { ready: () => ['not yet'] }, 200, 'ok\n'],
    [
      'lists what is waited for',
      '/readyz',
      { ready: () => ['the cache is empty'] },
      500,
      'the cache is empty\n',
    ],
    ['says that it is ready', '/readyz', {}, 200, 'ok\n'],
    ['has the metrics', '/metrics', {}, 200, 'up 1\n'],
    ['says that a look failed', '/healthz', { live: broken }, 500, 'Error: the look failed\n'],
    [
      'says that metrics failed',
      '/metrics',
      { metrics: async () => broken() },
      500,
      'Error: the look failed\n',
    ],
    ['knows nothing else', '/', {}, 404, 'not found\n'],
    ['knows nothing below', '/healthz/', {}, 404, 'not found\n'],
    ['knows no other spelling', '/../healthz', {}, 404, 'not found\n'],
  ])('%s', async (_, path, settings, status, text) => {
    const { url } = await serve(settings);
    expect(await ask(url, path)).toMatchObject({ status, text });
  });

  it('has the type of the metrics', async () => {
    const { url } = await serve();
    expect((await ask(url, '/metrics')).type).toBe('text/plain; version=0.0.4');
  });

  it('to HEAD has no text', async () => {
    const { url } = await serve();
    expect(await ask(url, '/healthz', 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('to %s is that it cannot be', async (method) => {
    const { url } = await serve();
    expect(await ask(url, '/healthz', method)).toMatchObject({ status: 405, allow: 'GET, HEAD' });
  });
});

describe('an address', () => {
  it.each<[string, object]>([
    [':8080', { port: 8080 }],
    [':0', { port: 0 }],
    ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
    ['localhost:65535', { host: 'localhost', port: 65_535 }],
    ['[::1]:9090', { host: '::1', port: 9090 }],
    ['[::]:9090', { host: '::', port: 9090 }],
  ])('%s can be one', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each([
    '',
    '8080',
    ':',
    ':http',
    ':65536',
    ':-1',
    '::1:80',
    '[127.0.0.1',
    'a b:80',
    '[127.0.0.1]:80',
    ':80\n',
  ])('%j is none', (text) => {
    expect(() => parseAddress(text)).toThrow(ListenError);
    expect(() => parseAddress(text)).toThrow(/write for example :8080, 127.0.0.1:8080 or \[::1\]:8080$/);
  });

  it('of IPv6 is served', async (context) => {
    const server = await serveHealth({ ...well, address: '[::1]:0' }).catch((error: unknown) => {
      if (String(error).includes('EADDRNOTAVAIL')) return undefined;
      throw error;
    });
    if (server === undefined) return context.skip('this machine has no IPv6');
    onTestFinished(() => server.close());
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await ask(server.url, '/healthz')).toMatchObject({ status: 200 });
  });

  it('that is taken is told, with what to do', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await serve({ address });
    await expect(serve({ address })).rejects.toThrow(
      `cannot listen on "${address}": another process listens there (EADDRINUSE); end that, or set another port`,
    );
  });

  it('of another machine is told', async () => {
    await expect(serve({ address: '192.0.2.1:0' })).rejects.toThrow(/it is no address of this machine/);
  });
});

describe('a probe', () => {
  it.each([
    ['with ten times as many connections open as are allowed', '127.0.0.1'],
    ['with those of another address open', '127.0.0.2'],
  ])('has its answer %s, in which nothing is said', async (_, localAddress) => {
    const { url } = await serve();
    const port = Number(new URL(url).port);
    const open = new Set<Socket>();
    let opened = 0;
    for (let count = 0; count < 10 * MAX_CONNECTIONS; count++) {
      const socket = connect({ port, host: '127.0.0.1', localAddress });
      open.add(socket);
      socket.on('connect', () => opened++).on('close', () => open.delete(socket));
      socket.on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
    }
    await waitUntil('all were opened', () => opened === 10 * MAX_CONNECTIONS);
    await waitUntil('the oldest are closed', () => open.size <= MAX_CONNECTIONS);
    expect(await ask(url, '/healthz')).toMatchObject({ status: 200 });
    expect(await ask(url, '/readyz')).toMatchObject({ status: 200 });
    await waitUntil('there are no more than before', () => open.size <= MAX_CONNECTIONS);
  });

  it('keeps its connection while another address opens as many as it likes', async () => {
    const { url } = await serve();
    const port = Number(new URL(url).port);
    const probe = connect(port, '127.0.0.1');
    onTestFinished(() => void probe.destroy());
    await once(probe, 'connect');
    let opened = 0;
    for (let count = 0; count < 2 * MAX_CONNECTIONS; count++) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      socket.on('connect', () => opened++).on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
    }
    await waitUntil('all were opened', () => opened === 2 * MAX_CONNECTIONS);
    probe.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(String(await once(probe, 'data'))).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('metrics', () => {
  it('are made once for all who ask at the same time', async () => {
    let made = 0;
    const ready = Promise.withResolvers<void>();
    const { url } = await serve({
      metrics: async () => {
        made++;
        await ready.promise;
        return { type: 'text/plain', text: `${made}\n` };
      },
    });
    const asked = [ask(url, '/metrics'), ask(url, '/metrics'), ask(url, '/metrics')];
    await waitUntil('they are being made', () => made === 1);
    await ask(url, '/healthz');
    ready.resolve();
    for (const answer of asked) expect(await answer).toMatchObject({ status: 200, text: '1\n' });
    expect(await ask(url, '/metrics')).toMatchObject({ text: '2\n' });
  });
});

describe('the end', () => {
  let server: HealthServer;
  beforeEach(async () => {
    server = await serveHealth(well);
  });
  afterEach(() => server.close());

  it('comes with connections that are kept open, and with one in which nothing was asked', async () => {
    const port = Number(new URL(server.url).port);
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    let [answers, closed] = [0, 0];
    for (const socket of sockets) {
      socket.on('data', () => answers++).on('error', () => undefined);
      socket.on('close', () => closed++);
    }
    sockets[0]?.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    await waitUntil('one has its answer', () => answers === 1);
    await server.close();
    await waitUntil('both are closed', () => closed === 2);
    await expect(ask(server.url, '/healthz')).rejects.toThrow('ECONNREFUSED');
  });

  it('may come twice', async () => {
    await Promise.all([server.close(), server.close()]);
    await expect(server.close()).resolves.toBeUndefined();
  });
});

interface Answer {
  status: number | undefined;
  type: string | undefined;
  allow: string | undefined;
  text: string;
}

/** As `fetch` cannot: with any method and any path. */
function ask(url: string, path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { path, method }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const { 'content-type': type, allow } = response.headers;
        resolve({ status: response.statusCode, type, allow, text });
      });
    });
    asked.on('error', reject).end();
  });
}
