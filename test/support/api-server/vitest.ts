import { onTestFinished } from 'vitest';
import { startApiServer, type ApiServer, type ApiServerSettings } from './server.ts';

/** An API server of the test's own, gone when the test is over. */
export async function apiServer(settings: ApiServerSettings = {}): Promise<ApiServer> {
  const server = await startApiServer(settings);
  onTestFinished(() => server.stop());
  return server;
}
