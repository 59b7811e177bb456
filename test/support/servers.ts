/** Servers for tests: loopback only, ports that are free, gone when the test is over. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Listening {
  port: number;
  /** `127.0.0.1:1234` */
  host: string;
  url: string;
  server: Server;
}

interface ServerOptions {
  tls?: { key: string; cert: string };
  /** Another address of this machine, to be another host. */
  address?: string;
  /** Who ends it; by default the test that started it. */
  onEnd?: (end: () => Promise<void>) => void;
}

/** Starts a web server. */
export async function listen(
  handle: RequestListener,
  { tls, address = '127.0.0.1', onEnd = (end) => onTestFinished(end) }: ServerOptions = {},
): Promise<Listening> {
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  onEnd(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const host = `${address}:${port}`;
  return { port, host, url: `http${tls === undefined ? '' : 's'}://${host}`, server };
}

/** A port that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
